#include "backends/ftp/ftp_storage.hpp"

#include <algorithm>
#include <utility>

#include "backends/ftp/ftp_session.hpp"

namespace argosy {

namespace {

constexpr nanoseconds second = 1'000'000'000;

// How often the server is asked is limited by its replies, so that there is no pause without a failure.
pace pace_of(const main_options& options) {
  pace how;
  how.shortest = wait_clock::duration{0};
  how.tries = std::max<std::int64_t>(1, options.low_level_retries);
  return how;
}

/// Go's path.Join of an address and a root.
std::string shown_root(const std::string& root) {
  const auto begin = root.find_first_not_of('/');
  return begin == std::string::npos ? "" : "/" + root.substr(begin);
}

storage_info info_of(const storage_request& request, const ftp_options& options, const std::string& root,
                     const ftp_abilities& able) {
  storage_info info;
  info.type = "ftp";
  info.name = request.name;
  info.root = root;
  info.description = (options.tls == ftp_options::encryption::implicit_tls ? "ftps://" : "ftp://") +
                     options.address() + shown_root(root);
  info.config_text = request.prefix + root;
  const bool sets_times = able.mfmt || (able.mdtm && options.writing_mdtm);
  info.precision = sets_times && (able.mlst || able.mdtm) ? second : INT64_MAX;
  auto& f = info.features;
  f.CanHaveEmptyDirectories = f.DirMove = f.Move = f.PartialUploads = f.PutStream = f.Shutdown = true;
  f.SlowModTime = able.mdtm && !able.mlst;
  return info;
}

made_storage make_ftp(const may_block& on, const storage_request& request) {
  auto options = read_ftp_options(request);
  auto link = curl::link_settings_of(on, request.options);
  link.verify = link.verify && options.verify;
  link.reuse = true;
  const auto server =
      std::make_shared<const ftp_server>(std::move(options), request.name, request.net, std::move(link));
  const auto how = pace_of(request.options);
  ftp_abilities able;
  auto client = std::make_unique<ftp_client>(server);
  try {
    pacer connecting{how, request.net.clock(), request.log};
    able = connecting.call(on, [&] { return client->abilities(on); });
  } catch (const failure& why) {
    if (why.kind() == failure_kind::cancelled) throw;
    throw why.within("NewFs");
  }
  const auto make = [&](const std::string& root) {
    return std::make_shared<ftp_storage>(info_of(request, server->options, root, able), server, how,
                                         std::move(client));
  };
  auto root = request.path;
  const bool may_be_file = !root.empty() && root.back() != '/';
  while (root.size() > 1 && root.back() == '/') root.pop_back();
  auto made = make(root);
  if (!may_be_file) return {made};
  const auto found = made->connect(on)->stat(on, "");
  if (!found || found->kind != entry_kind::file) return {made};
  const auto slash = root.find_last_of('/');
  const auto leaf = root.substr(slash == std::string::npos ? 0 : slash + 1);
  return {make(slash == std::string::npos ? "" : slash == 0 ? "/" : root.substr(0, slash)), leaf};
}

} // namespace

ftp_storage::ftp_storage(storage_info info, std::shared_ptr<const ftp_server> server, const pace& how,
                         std::unique_ptr<ftp_client> first) :
    storage(std::move(info)),
    server_(std::move(server)), pacer_(how, server_->net.clock(), server_->net.log()),
    first_(std::move(first)) {}

std::unique_ptr<session> ftp_storage::connect(const may_block&) const {
  std::lock_guard lock{first_use_};
  return std::make_unique<ftp_session>(*this, std::move(first_));
}

std::string ftp_storage::on_server(const std::string& path) const {
  const auto& root = info().root;
  const auto whole = path.empty() ? root : root.empty() || root == "/" ? root + path : root + "/" + path;
  const bool absolute = !whole.empty() && whole.front() == '/';
  return (absolute ? "/" : "") + options().encoding.from_standard(absolute ? whole.substr(1) : whole);
}

storage_type ftp_type() {
  storage_type type;
  type.name = "ftp";
  type.description = "FTP";
  type.options = ftp_option_rows();
  type.make = make_ftp;
  return type;
}

} // namespace argosy
