#include "backends/s3/removal.hpp"

#include <algorithm>

#include "backends/s3/md5_text.hpp"

namespace argosy::s3 {

namespace {

constexpr std::ptrdiff_t most_keys = 1000; // of one request

order order_of(const std::string& bucket, std::vector<std::string>::const_iterator begin,
               std::vector<std::string>::const_iterator end) {
  order what{"DeleteObjects", "POST", {bucket, {}}, {{"delete", ""}}, {}, {}, {}};
  auto& body = what.body;
  body = "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Quiet>true</Quiet>";
  for (auto key = begin; key != end; ++key)
    body.append("<Object><Key>").append(xml_text(*key)).append("</Key></Object>");
  body += "</Delete>";
  what.headers = {{"Content-Type", "application/xml"}, {"Content-MD5", md5_base64(body)}};
  return what;
}

bool is_unknown(const outcome& got) {
  const auto status = got.status();
  return status == 405 || status == 501 || got.error.code == "NotImplemented";
}

} // namespace

bool fits_into_xml(const std::string& key) {
  return std::none_of(key.begin(), key.end(), [](char c) { return c >= 0 && c < ' '; });
}

std::optional<std::vector<std::string>> remove_keys(const may_block& on, s3_client& by,
                                                    const std::string& bucket,
                                                    const std::vector<std::string>& keys) {
  std::vector<std::string> refused;
  for (auto at = keys.begin(); at != keys.end();) {
    const auto end = at + std::min(most_keys, keys.end() - at);
    const auto what = order_of(bucket, at, end);
    const auto got = by.send(on, what);
    if (is_unknown(got)) return std::nullopt;
    if (!got.good()) fail_with(what, got);
    for (const auto& one : parse_document(got.body).children)
      if (one.name == "Error") refused.push_back(one.at("Key"));
    at = end;
  }
  return refused;
}

} // namespace argosy::s3
