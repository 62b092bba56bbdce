#include "source/tls/ocsp_staple.h"

#include <ctime>
#include <utility>

#include "absl/strings/escaping.h"
#include "source/base/strings.h"
#include "source/tls/der_reader.h"

namespace weir::tls {
namespace {

constexpr std::string_view kBasicResponse = "\x2b\x06\x01\x05\x05\x07\x30\x01\x01";
constexpr uint8_t kGood = 0x80;

absl::Status Broken() { return absl::InvalidArgumentError("not a DER-encoded OCSP response"); }

// "20260101000000Z"
int64_t ParseTime(std::string_view text) {
  if (text.size() != 15 || text.back() != 'Z') return 0;
  const auto number = [&](size_t at, size_t digits) {
    return base::ParseInteger<int>(text.substr(at, digits)).value_or(-1);
  };
  std::tm time = {};
  time.tm_year = number(0, 4) - 1900;
  time.tm_mon = number(4, 2) - 1;
  time.tm_mday = number(6, 2);
  time.tm_hour = number(8, 2);
  time.tm_min = number(10, 2);
  time.tm_sec = number(12, 2);
  return timegm(&time);
}

// Leading zeros are how DER keeps a number positive.
std::string_view WithoutZeros(std::string_view serial) {
  while (serial.size() > 1 && serial[0] == '0') serial.remove_prefix(1);
  return serial;
}

absl::Status ReadSingleResponse(DerReader& responses, std::string_view serial, OcspStaple& staple) {
  DerReader single = responses.Enter(DerReader::kSequence);
  DerReader id = single.Enter(DerReader::kSequence);
  id.Skip();  // hash algorithm
  id.Skip();  // issuer's name
  id.Skip();  // issuer's key
  const std::string_view number = id.Take(DerReader::kInteger);
  const std::string hex = absl::BytesToHexString(absl::string_view(number.data(), number.size()));
  const uint8_t status = single.next_tag();
  single.Skip();
  staple.this_update_s = ParseTime(single.Take(DerReader::kGeneralizedTime));
  if (single.NextIs(DerReader::Context(0))) {
    DerReader next = single.Enter(DerReader::Context(0));
    staple.next_update_s = ParseTime(next.Take(DerReader::kGeneralizedTime));
  }
  if (!responses.ok() || !id.ok() || !single.ok()) return Broken();
  if (!responses.empty()) return absl::InvalidArgumentError("OCSP response for many certificates");
  if (WithoutZeros(hex) != WithoutZeros(serial)) {
    return absl::InvalidArgumentError(
        absl::StrCat("OCSP response is for another certificate, of serial number ", hex));
  }
  if (status == kGood) return absl::OkStatus();
  return absl::InvalidArgumentError("OCSP response does not say that the certificate is good");
}

}  // namespace

absl::StatusOr<OcspStaple> ParseOcspStaple(std::string der, std::string_view serial) {
  OcspStaple staple;
  DerReader outer(der);
  DerReader response = outer.Enter(DerReader::kSequence);
  const std::string_view status = response.Take(DerReader::kEnumerated);
  if (!outer.ok() || !outer.empty() || !response.ok()) return Broken();
  if (status != std::string_view("\0", 1)) {
    return absl::InvalidArgumentError("OCSP response is not a successful one");
  }
  DerReader bytes = response.Enter(DerReader::Context(0)).Enter(DerReader::kSequence);
  if (bytes.Take(DerReader::kObjectId) != kBasicResponse) return Broken();
  DerReader basic = bytes.Enter(DerReader::kOctetString).Enter(DerReader::kSequence);
  DerReader about = basic.Enter(DerReader::kSequence);
  about.SkipIf(DerReader::Context(0));  // version
  about.Skip();                         // responder
  about.Skip();                         // produced at
  DerReader responses = about.Enter(DerReader::kSequence);
  if (!bytes.ok() || !basic.ok() || !about.ok()) return Broken();
  const absl::Status read = ReadSingleResponse(responses, serial, staple);
  if (!read.ok()) return read;
  staple.der = std::move(der);
  return staple;
}

}  // namespace weir::tls
