#include "backends/s3/unfinished_uploads.hpp"

#include <functional>
#include <utility>
#include <vector>

#include "backends/s3/bucket_listing.hpp"
#include "core/failure.hpp"
#include "core/go_text.hpp"

namespace argosy::s3 {

namespace {

struct unfinished {
  std::string key, id, initiated;
  element all;
};

std::vector<unfinished> uploads_in(const may_block& on, s3_client& by, const place& below) {
  std::vector<unfinished> out;
  std::string key_marker, id_marker;
  while (true) {
    on.check();
    order what{"ListMultipartUploads", "GET", {below.bucket, {}}, {{"uploads", ""}}, {}, {}, {}};
    what.query.emplace_back("max-uploads", std::to_string(by.options().list_chunk));
    what.query.emplace_back("prefix", below.key);
    if (!key_marker.empty()) what.query.emplace_back("key-marker", key_marker);
    if (!id_marker.empty()) what.query.emplace_back("upload-id-marker", id_marker);
    const auto page = parse_document(by.require(on, what).body);
    for (const auto& one : page.children)
      if (one.name == "Upload") out.push_back({one.at("Key"), one.at("UploadId"), one.at("Initiated"), one});
    if (page.at("IsTruncated") != "true") return out;
    const auto next_key = page.at("NextKeyMarker"), next_id = page.at("NextUploadIdMarker");
    if (next_key == key_marker && next_id == id_marker)
      fail(failure_kind::other, "the server does not say where the next page of uploads begins");
    key_marker = next_key;
    id_marker = next_id;
  }
}

std::vector<std::string> buckets_of(const may_block& on, s3_client& by, const place& below) {
  if (!below.bucket.empty()) return {below.bucket};
  std::vector<std::string> out;
  for (auto& one : list_buckets(on, by)) out.push_back(std::move(one.name));
  return out;
}

json person(const element* who) {
  if (who == nullptr) return nullptr;
  return {{"DisplayName", who->at("DisplayName")}, {"ID", who->at("ID")}};
}

} // namespace

json unfinished_uploads(const may_block& on, s3_client& by, const place& below) {
  auto out = json::object();
  for (const auto& bucket : buckets_of(on, by, below)) {
    auto& list = out[bucket] = json::array();
    for (const auto& one : uploads_in(on, by, {bucket, below.key}))
      list.push_back({{"Initiated", one.initiated},
                      {"Initiator", person(one.all.find("Initiator"))},
                      {"Key", one.key},
                      {"Owner", person(one.all.find("Owner"))},
                      {"StorageClass", one.all.at("StorageClass")},
                      {"UploadId", one.id}});
  }
  return out;
}

void cancel_uploads(const may_block& on, s3_client& by, const place& below, nanoseconds age) {
  std::optional<failure> last;
  const auto before = now() - age;
  for (const auto& bucket : buckets_of(on, by, below)) {
    for (const auto& one : uploads_in(on, by, {bucket, below.key})) {
      const auto began = document_time(one.initiated);
      if (began == 0 || began >= before) continue;
      try {
        by.require(on,
                   {"AbortMultipartUpload", "DELETE", {bucket, one.key}, {{"uploadId", one.id}}, {}, {}, {}});
      } catch (const failure& why) {
        if (why.kind() == failure_kind::cancelled) throw;
        last = why.within("failed to remove pending multipart upload for bucket " + go_quote(bucket) +
                          " key " + go_quote(one.key));
        by.log().write(log_level::error, std::string{"s3: "} + last->what());
      }
    }
  }
  if (last) throw *last;
}

} // namespace argosy::s3
