#include "backends/s3/commands.hpp"

#include "backends/s3/bucket_listing.hpp"
#include "core/duration.hpp"
#include "core/failure.hpp"
#include "core/go_text.hpp"

namespace argosy::s3 {

namespace {

std::string option_of(const std::map<std::string, std::string>& options, const char* key) {
  const auto found = options.find(key);
  return found == options.end() ? std::string{} : found->second;
}

std::string restore_body(const std::map<std::string, std::string>& options, bool days) {
  std::string body = "<RestoreRequest xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
  if (const auto lifetime = option_of(options, "lifetime"); !lifetime.empty() && days) {
    try {
      body += "<Days>" + std::to_string(go_parse_int(lifetime)) + "</Days>";
    } catch (const failure& why) {
      throw why.within("bad lifetime");
    }
  }
  if (const auto text = option_of(options, "description"); !text.empty())
    body += "<Description>" + xml_text(text) + "</Description>";
  if (const auto tier = option_of(options, "priority"); !tier.empty())
    body += "<GlacierJobParameters><Tier>" + xml_text(tier) + "</Tier></GlacierJobParameters>";
  return body + "</RestoreRequest>";
}

std::string restore_one(const may_block& on, s3_client& by, const place& at, const listed_object& one,
                        const std::map<std::string, std::string>& options) {
  const auto& tier = one.storage_class;
  const bool moves_by_itself = tier == "INTELLIGENT_TIERING";
  if (tier != "GLACIER" && tier != "DEEP_ARCHIVE" && !moves_by_itself)
    return "Not GLACIER or DEEP_ARCHIVE or INTELLIGENT_TIERING storage class";
  order what{"RestoreObject", "POST", at, {{"restore", ""}}, {{"Content-Type", "application/xml"}}, {}, {}};
  what.body = restore_body(options, !moves_by_itself);
  try {
    by.require(on, what);
    return "OK";
  } catch (const failure& why) {
    if (why.kind() == failure_kind::cancelled) throw;
    return why.what();
  }
}

} // namespace

nanoseconds parse_age(const std::string& text) {
  try {
    return parse_duration(text, now());
  } catch (const failure& why) {
    throw why.within("bad max-age");
  }
}

json restore_objects(const may_block& on, s3_client& by, const place& below,
                     const std::map<std::string, std::string>& options) {
  if (below.bucket.empty()) fail(failure_kind::other, "restore needs a bucket in the path of the remote");
  restore_body(options, true); // what is wrong with the options is told once
  auto out = json::array();
  const auto prefix = below.key.empty() ? std::string{} : below.key + "/";
  list_bucket(on, by, {below.bucket, prefix, false}, [&](list_page&& page) {
    for (const auto& one : page.objects) {
      if (one.key.size() == prefix.size()) continue;
      const auto status = restore_one(on, by, {below.bucket, one.key}, one, options);
      out.push_back(
          {{"Remote", by.options().encoding.to_standard(one.key.substr(prefix.size()))}, {"Status", status}});
    }
    return true;
  });
  return out;
}

json bucket_versioning(const may_block& on, s3_client& by, const std::string& bucket,
                       const std::vector<std::string>& arguments) {
  if (bucket.empty()) fail(failure_kind::other, "need a bucket");
  if (!arguments.empty()) {
    order set{"PutBucketVersioning", "PUT", {bucket, {}}, {{"versioning", ""}}, {}, {}, {}};
    set.headers.push_back({"Content-Type", "application/xml"});
    set.body = "<VersioningConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Status>" +
               xml_text(arguments.front()) + "</Status></VersioningConfiguration>";
    by.require(on, set);
  }
  const order get{"GetBucketVersioning", "GET", {bucket, {}}, {{"versioning", ""}}, {}, {}, {}};
  const auto status = parse_document(by.require(on, get).body).at("Status");
  return status.empty() ? "Unversioned" : status;
}

} // namespace argosy::s3
