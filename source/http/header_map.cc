#include "source/http/header_map.h"

#include <cstring>
#include <type_traits>

namespace weir::http {

static_assert(std::is_trivially_destructible_v<HeaderMap>, "maps live in arenas");

void HeaderMap::Resize(uint32_t capacity) {
  auto* fields = static_cast<Header*>(arena_->Allocate(capacity * sizeof(Header), alignof(Header)));
  if (size_ > 0) std::memcpy(static_cast<void*>(fields), fields_, size_ * sizeof(Header));
  fields_ = fields;
  capacity_ = capacity;
}

void HeaderMap::Reserve(uint32_t fields) {
  if (fields > capacity_) Resize(fields);
}

void HeaderMap::Add(std::string_view lower_case_name, std::string_view value) {
  Add(FindHeaderId(lower_case_name), lower_case_name, value);
}

void HeaderMap::AddCopy(std::string_view lower_case_name, std::string_view value) {
  const HeaderId id = FindHeaderId(lower_case_name);
  const std::string_view name =
      id == HeaderId::kOther ? arena_->Copy(lower_case_name) : HeaderName(id);
  Add(id, name, arena_->Copy(value));
}

void HeaderMap::AddCopy(HeaderId id, std::string_view value) { Add(id, arena_->Copy(value)); }

void HeaderMap::Set(HeaderId id, std::string_view value) {
  const std::string_view copy = arena_->Copy(value);  // first: `value` may be one of ours
  if (!Has(id)) return Add(id, copy);
  Replace([id](const Header& field) { return field.id == id; }, copy);
}

void HeaderMap::Set(std::string_view lower_case_name, std::string_view value) {
  const HeaderId id = FindHeaderId(lower_case_name);
  if (id != HeaderId::kOther) return Set(id, value);
  const std::string_view name = arena_->Copy(lower_case_name);
  const std::string_view copy = arena_->Copy(value);
  const auto is_named = [name](const Header& field) {
    return field.id == HeaderId::kOther && field.name == name;
  };
  if (!Replace(is_named, copy)) Add(HeaderId::kOther, name, copy);
}

template <class IsNamed>
bool HeaderMap::Replace(IsNamed is_named, std::string_view value) {
  Header* first = nullptr;
  for (uint32_t i = 0; i < size_ && first == nullptr; ++i) {
    if (is_named(fields_[i])) first = &fields_[i];
  }
  if (first == nullptr) return false;
  first->value = value;
  const auto is_another = [&](const Header& field) { return &field > first && is_named(field); };
  RemoveIf(is_another);
  return true;
}

size_t HeaderMap::RemovePresent(HeaderId id) {
  return RemoveIf([id](const Header& field) { return field.id == id; });
}

size_t HeaderMap::Remove(std::string_view lower_case_name) {
  const HeaderId id = FindHeaderId(lower_case_name);
  if (id != HeaderId::kOther) return Remove(id);
  return RemoveIf([lower_case_name](const Header& field) {
    return field.id == HeaderId::kOther && field.name == lower_case_name;
  });
}

const Header* HeaderMap::Find(HeaderId id) const {
  if (!Has(id)) return nullptr;
  for (const Header& field : *this) {
    if (field.id == id) return &field;
  }
  return nullptr;
}

const Header* HeaderMap::Find(std::string_view lower_case_name) const {
  const HeaderId id = FindHeaderId(lower_case_name);
  if (id != HeaderId::kOther) return Find(id);
  if (!Has(HeaderId::kOther)) return nullptr;
  for (const Header& field : *this) {
    if (field.id == HeaderId::kOther && field.name == lower_case_name) return &field;
  }
  return nullptr;
}

std::string_view HeaderMap::Value(HeaderId id) const {
  const Header* field = Find(id);
  return field == nullptr ? std::string_view() : field->value;
}

std::string_view HeaderMap::Value(std::string_view lower_case_name) const {
  const Header* field = Find(lower_case_name);
  return field == nullptr ? std::string_view() : field->value;
}

std::string_view HeaderMap::Joined(std::string_view lower_case_name) const {
  size_t count = 0;
  size_t bytes = 0;
  std::string_view first;
  for (const Header& field : *this) {
    if (field.name != lower_case_name) continue;
    if (count++ == 0) first = field.value;
    bytes += field.value.size() + 2;
  }
  if (count < 2) return first;
  char* const joined = arena_->AllocateBytes(bytes);
  char* out = joined;
  for (const Header& field : *this) {
    if (field.name != lower_case_name) continue;
    if (out != joined) {
      *out++ = ',';
      *out++ = ' ';
    }
    if (!field.value.empty()) std::memcpy(out, field.value.data(), field.value.size());
    out += field.value.size();
  }
  return {joined, static_cast<size_t>(out - joined)};
}

size_t HeaderMap::charged_bytes() const {
  size_t bytes = 0;
  for (const Header& field : *this) bytes += field.name.size() + field.value.size() + 32;
  return bytes;
}

void HeaderMap::Clear() {
  fields_ = nullptr;
  size_ = capacity_ = 0;
  present_ = 0;
}

}  // namespace weir::http
