// One planted bug a sanitizer: a run that passes means that the sanitizer was not on.
#include <cstdio>
#include <string_view>
#include <thread>
#include <vector>

namespace {

int ReadPastTheEnd() {
  std::vector<int> numbers(4);
  volatile int* first = numbers.data();
  return first[4] * 0;
}

int LoseMemory() {
  char* volatile lost = new char[10];
  lost = nullptr;
  return lost != nullptr;
}

int OverflowAnInteger() {
  volatile int largest = 0x7fffffff;
  largest = largest + 1;
  return 0;
}

int RaceOnAnInteger() {
  int shared = 0;
  auto count = [&shared] {
    for (int i = 0; i < 1000; ++i) ++shared;
  };
  std::thread first(count), second(count);
  first.join();
  second.join();
  return shared < 0;
}

}  // namespace

int main(int, char** argv) {
  const std::string_view kind = argv[1];
  if (kind == "asan") return ReadPastTheEnd();
  if (kind == "leak") return LoseMemory();
  if (kind == "ubsan") return OverflowAnInteger();
  if (kind == "tsan") return RaceOnAnInteger();
  std::fprintf(stderr, "unknown canary\n");
  return 0;
}
