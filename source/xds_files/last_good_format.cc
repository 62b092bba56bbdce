#include "source/xds_files/last_good_format.h"

#include <cstddef>
#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "source/base/sha1.h"
#include "source/xds/nack_detail.h"

namespace weir::xds::files {
namespace {

constexpr std::string_view kMagic = "weir-last-good ";
constexpr std::string_view kVersion = "1";
constexpr size_t kLengthBytes = 8;
constexpr size_t kHeadBytes = kMagic.size() + kVersion.size() + 1 + kLengthBytes;
constexpr size_t kChecksumBytes = sizeof(base::Sha1Digest);

void AppendNumber(std::string& out, uint64_t number, size_t bytes) {
  for (size_t i = 0; i < bytes; ++i) out += static_cast<char>(number >> (8 * i));
}

void AppendString(std::string& out, std::string_view text) {
  AppendNumber(out, text.size(), 4);
  out += text;
}

std::string_view AsText(const base::Sha1Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

uint64_t NumberIn(std::string_view bytes) {
  uint64_t number = 0;
  for (size_t i = bytes.size(); i > 0; --i)
    number = number << 8 | static_cast<uint8_t>(bytes[i - 1]);
  return number;
}

// Takes things off the front of the content; once something is not there, nothing is.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  bool failed() const { return failed_; }
  bool is_at_end() const { return !failed_ && rest_.empty(); }
  uint32_t TakeCount() { return static_cast<uint32_t>(NumberIn(Take(4))); }
  std::string TakeString() { return std::string(Take(TakeCount())); }

 private:
  std::string_view Take(size_t size) {
    failed_ |= size > rest_.size();
    if (failed_) return {};
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  std::string_view rest_;
  bool failed_ = false;
};

LastGoodFile::Set TakeSet(Reader& reader) {
  LastGoodFile::Set set;
  set.name = reader.TakeString();
  const uint32_t count = reader.TakeCount();
  for (uint32_t i = 0; i < count && !reader.failed(); ++i) {
    set.records.push_back(std::make_shared<const std::string>(reader.TakeString()));
  }
  return set;
}

absl::Status Refused(const std::string& why) { return absl::DataLossError(why); }

// The content, when head and checksum say that it is whole.
absl::StatusOr<std::string_view> ContentOf(std::string_view bytes) {
  if (bytes.substr(0, kMagic.size()) != kMagic) return Refused("is no last-good file");
  const std::string_view rest = bytes.substr(kMagic.size());
  const std::string_view version = rest.substr(0, rest.find('\n'));
  if (version != kVersion) {
    return Refused(absl::StrCat("is of version \"", Printable(version, 32), "\", not \"1\""));
  }
  if (bytes.size() < kHeadBytes + kChecksumBytes)
    return Refused("is truncated: its head is not whole");
  const uint64_t length = NumberIn(bytes.substr(kHeadBytes - kLengthBytes, kLengthBytes));
  const uint64_t found = bytes.size() - kHeadBytes - kChecksumBytes;
  if (length != found) {
    return Refused(
        absl::StrCat("is truncated or damaged: has ", found, " bytes of content, not ", length));
  }
  const size_t end = bytes.size() - kChecksumBytes;
  if (AsText(base::Sha1(bytes.substr(0, end))) != bytes.substr(end)) {
    return Refused("is damaged: its checksum is another");
  }
  return bytes.substr(kHeadBytes, end - kHeadBytes);
}

}  // namespace

std::string EncodeLastGood(const LastGoodFile& file) {
  std::string bytes(kMagic);
  bytes += kVersion;
  bytes += '\n';
  AppendNumber(bytes, 0, kLengthBytes);  // known at the end
  AppendString(bytes, file.node_id);
  AppendString(bytes, file.node_cluster);
  AppendNumber(bytes, file.sets.size(), 4);
  for (const LastGoodFile::Set& set : file.sets) {
    AppendString(bytes, set.name);
    AppendNumber(bytes, set.records.size(), 4);
    for (const LastGoodFile::Record& record : set.records) AppendString(bytes, *record);
  }
  std::string length;
  AppendNumber(length, bytes.size() - kHeadBytes, kLengthBytes);
  bytes.replace(kHeadBytes - kLengthBytes, kLengthBytes, length);
  bytes += AsText(base::Sha1(bytes));
  return bytes;
}

absl::StatusOr<LastGoodFile> DecodeLastGood(std::string_view bytes) {
  const absl::StatusOr<std::string_view> content = ContentOf(bytes);
  if (!content.ok()) return content.status();
  Reader reader(*content);
  LastGoodFile file;
  file.node_id = reader.TakeString();
  file.node_cluster = reader.TakeString();
  const uint32_t count = reader.TakeCount();
  for (uint32_t i = 0; i < count && !reader.failed(); ++i) file.sets.push_back(TakeSet(reader));
  if (!reader.is_at_end()) return Refused("is damaged: its content does not fit together");
  return file;
}

}  // namespace weir::xds::files
