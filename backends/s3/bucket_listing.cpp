#include "backends/s3/bucket_listing.hpp"

#include <deque>
#include <utility>

#include "core/failure.hpp"

namespace argosy::s3 {

namespace {

constexpr std::size_t heads_at_once = 8;

order page_order(const s3_options& options, const list_order& what, bool escaped, const std::string& next) {
  order out{
      options.list_version == 1 ? "ListObjects" : "ListObjectsV2", "GET", {what.bucket, {}}, {}, {}, {}, {}};
  auto& query = out.query;
  if (options.list_version != 1) query.emplace_back("list-type", "2");
  if (what.one_level) query.emplace_back("delimiter", "/");
  if (escaped) query.emplace_back("encoding-type", "url");
  query.emplace_back("max-keys", std::to_string(what.most < 0 ? options.list_chunk : what.most));
  query.emplace_back("prefix", what.prefix);
  if (!next.empty()) query.emplace_back(options.list_version == 1 ? "marker" : "continuation-token", next);
  return out;
}

/// One page of a listing could not be read as XML.
struct unreadable_page : transient_failure {
  using transient_failure::transient_failure;
};

list_page read_page(const may_block& on, s3_client& by, const order& what, bool escaped) {
  const auto under_way = by.begin(on, what);
  if (!under_way->head(on).good()) {
    const auto got = by.outcome_of(on, *under_way, what);
    if (got.status() == 404) fail(failure_kind::directory_not_found, "directory not found");
    fail_with(what, got);
  }
  list_reader reader{escaped};
  constexpr std::size_t block_size = 64 * 1024;
  const auto block = std::make_unique<char[]>(block_size);
  while (const auto got = under_way->read(on, block.get(), block_size)) reader.feed(block.get(), got);
  list_page page;
  if (!reader.finish(page)) throw unreadable_page{"unexpected EOF in a listing"};
  return page;
}

// Version 1 says where the next page begins only where there is a delimiter.
std::string next_of(const s3_options& options, const list_page& page) {
  if (!page.truncated || !page.next.empty() || options.list_version != 1) return page.next;
  std::string last;
  if (!page.objects.empty()) last = page.objects.back().key;
  if (!page.prefixes.empty()) last = std::max(last, page.prefixes.back());
  return last;
}

} // namespace

void list_bucket(const may_block& on, s3_client& by, const list_order& what,
                 const std::function<bool(list_page&&)>& page) {
  const auto& options = by.options();
  bool escaped = options.list_url_encode;
  std::string next;
  while (true) {
    on.check();
    auto got = by.paced().call(on, [&] {
      try {
        return read_page(on, by, page_order(options, what, escaped, next), escaped);
      } catch (const unreadable_page&) {
        // There are characters in names that XML cannot hold: escaped it can.
        escaped = true;
        throw;
      }
    });
    const auto more = got.truncated;
    auto following = next_of(options, got);
    if (!page(std::move(got)) || !more) return;
    if (following.empty() || following == next)
      fail(failure_kind::other, "the server does not say where the next page of its listing begins");
    next = std::move(following);
  }
}

bool has_keys(const may_block& on, s3_client& by, const std::string& bucket, const std::string& prefix) {
  bool any = false;
  list_bucket(on, by, {bucket, prefix, false, 1}, [&](list_page&& page) {
    any = !page.objects.empty();
    return false;
  });
  return any;
}

std::vector<listed_bucket> list_buckets(const may_block& on, s3_client& by) {
  const order what{"ListBuckets", "GET", {}, {}, {}, {}, {}};
  const auto document = parse_document(by.require(on, what).body);
  std::vector<listed_bucket> out;
  if (const auto* all = document.find("Buckets"))
    for (const auto& one : all->children)
      out.push_back({one.at("Name"), document_time(one.at("CreationDate"))});
  return out;
}

void read_times(const may_block& on, s3_client& by, const std::string& bucket,
                std::vector<listed_object>& objects,
                const std::function<void(const std::string& key, const object_head& head)>& seen) {
  struct question {
    order what;
    std::unique_ptr<web::exchange> exchange;
    listed_object* object;
  };
  std::deque<question> under_way;
  const auto end_oldest = [&] {
    auto oldest = std::move(under_way.front());
    under_way.pop_front();
    outcome got;
    try {
      got = by.outcome_of(on, *oldest.exchange, oldest.what);
    } catch (const transient_failure&) {
      oldest.exchange.reset();
      got = by.send(on, oldest.what);
    }
    // It may have been removed since, or we may not read it: then this is as good as it gets.
    if (!got.good()) return;
    const auto head = head_of(got.head, by.options());
    oldest.object->modified = info_of(head, by.options()).modified;
    seen(oldest.object->key, head);
  };
  const auto most = by.beside(heads_at_once);
  for (auto& one : objects) {
    if (one.key.empty() || one.key.back() == '/') continue; // the marker of a directory
    on.check();
    order what{"HeadObject", "HEAD", {bucket, one.key}, {}, customer_key_fields(by.options()), {}, {}};
    if (under_way.size() == most) end_oldest();
    auto exchange = by.paced().once(on, [&] { return by.begin(on, what); });
    under_way.push_back({std::move(what), std::move(exchange), &one});
  }
  while (!under_way.empty()) end_oldest();
}

} // namespace argosy::s3
