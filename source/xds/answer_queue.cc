#include "source/xds/answer_queue.h"

#include <utility>

namespace weir::xds {

void AnswerQueue::Add(Answer answer, int64_t now_ms) {
  if (!answer.error.empty()) return Refuse(std::move(answer), now_ms);
  due_.push_back(std::move(answer));
  held_.reset();
  refusals_in_a_row_ = 0;
  backoff_.Reset();
}

void AnswerQueue::Refuse(Answer answer, int64_t now_ms) {
  if (++refusals_in_a_row_ == 1) {
    due_.push_back(std::move(answer));
    return;
  }
  if (!held_.has_value()) held_until_ms_ = now_ms + backoff_.NextMs();
  held_ = std::move(answer);
}

bool AnswerQueue::IsDue(int64_t now_ms) const {
  return !due_.empty() || (held_.has_value() && now_ms >= held_until_ms_);
}

std::optional<int64_t> AnswerQueue::HeldUntilMs() const {
  return held_.has_value() ? std::optional<int64_t>(held_until_ms_) : std::nullopt;
}

std::optional<Answer> AnswerQueue::Take(int64_t now_ms, bool with_held) {
  std::optional<Answer> answer;
  if (!due_.empty()) {
    answer = std::move(due_.front());
    due_.pop_front();
  } else if (held_.has_value() && (with_held || now_ms >= held_until_ms_)) {
    answer = std::exchange(held_, std::nullopt);
  }
  return answer;
}

void AnswerQueue::Clear() {
  due_.clear();
  held_.reset();
  refusals_in_a_row_ = 0;
  backoff_.Reset();
}

}  // namespace weir::xds
