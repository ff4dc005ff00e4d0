#include "backends/bridge/bridge_storage.hpp"

#include <algorithm>
#include <utility>

#include "core/failure.hpp"
#include "core/json.hpp"

namespace argosy {

namespace {

constexpr nanoseconds second = 1'000'000'000;

/// What was just written may not be seen for a moment, since rclone reads folders again now and then: another
/// attempt will do.
class bridge_sink final : public object_sink {
public:
  explicit bridge_sink(std::unique_ptr<object_sink> inner) : inner_(std::move(inner)) {}
  void write(const may_block& on, const char* data, std::size_t size) override {
    inner_->write(on, data, size);
  }
  put_result commit(const may_block& on, const std::function<void(const put_result&)>& verify) override {
    try {
      return inner_->commit(on, verify);
    } catch (const failure& why) {
      if (why.kind() != failure_kind::object_not_found) throw;
      fail(failure_kind::retryable, why.what());
    }
  }

private:
  std::unique_ptr<object_sink> inner_;
};

/// Passes everything on to a session of the storage on rclone's server.
class bridge_session final : public session {
public:
  bridge_session(const bridge_storage& storage, std::unique_ptr<session> inner) :
      session(storage), storage_(storage), inner_(std::move(inner)) {}
  ~bridge_session() override { storage_.server().pass_on_log(); }

  bool closed_by_peer() const noexcept override { return inner_->closed_by_peer(); }
  void list(const may_block& on, const std::string& directory, const page_sink& page) override {
    begin(directory).list(on, directory, page);
  }
  std::optional<object_info> stat(const may_block& on, const std::string& path) override {
    return begin(path).stat(on, path);
  }
  std::unique_ptr<object_source> open(const may_block& on, const std::string& path, std::int64_t offset,
                                      std::int64_t length) override {
    return begin(path).open(on, path, offset, length);
  }
  std::unique_ptr<object_sink> create(const may_block& on, const put_request& request) override {
    auto asked = request;
    // Nothing can get another name then, and rclone itself writes under the final one.
    asked.in_place = asked.in_place || !storage_.renames();
    asked.hashes = asked.hashes & storage_.info().hashes;
    return std::make_unique<bridge_sink>(begin(request.path).create(on, asked));
  }
  void remove(const may_block& on, const std::string& path) override { begin(path).remove(on, path); }
  void make_directory(const may_block& on, const std::string& path) override {
    begin(path).make_directory(on, path);
  }
  void remove_directory(const may_block& on, const std::string& path) override {
    begin(path).remove_directory(on, path);
  }
  void set_modified(const may_block& on, const std::string& path, nanoseconds modified) override {
    begin(path).set_modified(on, path, modified);
  }
  std::string hash(const may_block& on, const std::string& path, hash_type type) override {
    return begin(path).hash(on, path, type);
  }
  bool move_from(const may_block& on, session& other, const std::string& from,
                 const std::string& to) override {
    auto* const source = dynamic_cast<bridge_session*>(&other);
    if (source == nullptr || !storage_.renames()) return false;
    return begin(to).move_from(on, *source->inner_, from, to);
  }
  bool move_directory_from(const may_block& on, session& other, const std::string& from,
                           const std::string& to) override {
    auto* const source = dynamic_cast<bridge_session*>(&other);
    if (source == nullptr || !storage_.renames_directories()) return false;
    return begin(to).move_directory_from(on, *source->inner_, from, to);
  }
  storage_usage about(const may_block& on) override {
    if (!storage_.info().features.About) return session::about(on);
    return begin("").about(on);
  }

private:
  session& begin(const std::string& path) {
    storage_.server().pass_on_log();
    show(path);
    return *inner_;
  }

  const bridge_storage& storage_;
  std::unique_ptr<session> inner_;
};

} // namespace

bridged_features bridged_features::read(const std::string& printed) {
  bridged_features out;
  try {
    const auto told = json::parse(printed);
    out.description = told.value("String", std::string{});
    out.precision = told.value("Precision", std::int64_t{INT64_MAX});
    if (const auto hashes = told.find("Hashes"); hashes != told.end() && hashes->is_array())
      for (const auto& name : *hashes)
        if (const auto type = parse_hash_type(name.get<std::string>())) out.hashes = out.hashes | *type;
    const auto& features = told.at("Features");
#define ARGOSY_READ_FEATURE(name) out.features.name = features.value(#name, false);
    ARGOSY_FEATURES(ARGOSY_READ_FEATURE)
#undef ARGOSY_READ_FEATURE
  } catch (const json::exception& e) {
    fail(failure_kind::other,
         std::string{"rclone backend features printed what cannot be read: "} + e.what());
  }
  if (out.precision != INT64_MAX) out.precision = std::max(out.precision, second);
  return out;
}

bridge_storage::bridge_storage(storage_info info, bool renames, bool renames_directories,
                               std::shared_ptr<rclone_server> server, std::shared_ptr<storage> inner) :
    storage(std::move(info)),
    renames_(renames), renames_directories_(renames_directories), server_(std::move(server)),
    inner_(std::move(inner)) {}

std::unique_ptr<session> bridge_storage::connect(const may_block& on) const {
  return std::make_unique<bridge_session>(*this, inner_->connect(on));
}

} // namespace argosy
