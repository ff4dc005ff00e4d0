#include "backends/sftp/sftp_sink.hpp"

#include <algorithm>
#include <utility>

#include "backends/local/partial_name.hpp"

namespace argosy {

namespace {

/// Copies of one object at the same time.
constexpr unsigned most_partial_names = 16;
/// A partial file that nobody changed this long belongs to nobody any more, seconds.
constexpr std::int64_t abandoned_after = 600;
/// For the removal of a partial file, so that a cancelled job ends soon; what does not fit in is done later.
constexpr std::chrono::milliseconds removal_limit{500};
constexpr nanoseconds second = 1'000'000'000;

/// What a server refuses, with what was being done in front.
template <class Work>
void within(const char* what, Work work) {
  try {
    work();
  } catch (const sftp_refusal& refusal) {
    throw refusal.within(what);
  }
}

} // namespace

sftp_sink::sftp_sink(const may_block& on, sftp_sink_needs needs, std::string place, put_request request) :
    needs_(std::move(needs)), request_(std::move(request)), place_(std::move(place)) {
  open(on);
}

sftp_sink::~sftp_sink() {
  if (owned_) discard();
}

void sftp_sink::open(const may_block& on) {
  bool folder_made = false;
  while (true) {
    const auto result = needs_.link.use(on, [&](sftp_connection& connection) {
      connection.doing("writing", place_);
      return try_open(on, connection.files());
    });
    if (result == opened::yes) return;
    if (result == opened::name_taken) continue;
    if (std::exchange(folder_made, true))
      fail(failure_kind::object_not_found, "Update Create failed: file does not exist");
    needs_.make_folder(on, place_);
  }
}

sftp_sink::opened sftp_sink::try_open(const may_block& on, sftp_client& files) {
  const auto slash = place_.find_last_of('/') + 1;
  written_ = request_.in_place
                 ? place_
                 : place_.substr(0, slash) +
                       partial_name(std::string_view{place_}.substr(slash),
                                    partial_mark(place_, request_.size, request_.modified, attempt_),
                                    request_.partial_suffix);
  const std::uint32_t flags = sftp_write | sftp_create | (request_.in_place ? sftp_truncate : sftp_exclusive);
  const auto looked = files.send(sftp_message::stat, place_);
  const auto asked = files.send(sftp_message::open, written_, flags, sftp_attributes{});
  bool is_directory = false;
  try {
    is_directory = files.attributes(on, looked).is_directory();
  } catch (const sftp_refusal&) {
    // Nothing there, as a rule; if there is more to it the rename will tell.
  }
  try {
    file_ = sftp_file{files, files.handle(on, asked)};
  } catch (const sftp_refusal& refusal) {
    if (is_directory) fail(failure_kind::is_a_directory, "is a directory not a file");
    if (refusal.status() == sftp_status::no_such_file) return opened::no_folder;
    make_place(on, files, refusal);
    return opened::name_taken;
  }
  generation_ = needs_.link.generation();
  owned_ = true;
  const auto& options = needs_.link.options();
  chunk_ = options.chunk(files.longest_write());
  window_ = options.disable_concurrent_writes ? 0 : options.chunk_size * options.concurrency;
  if (is_directory) {
    discard();
    owned_ = false;
    fail(failure_kind::is_a_directory, "is a directory not a file");
  }
  return opened::yes;
}

void sftp_sink::make_place(const may_block& on, sftp_client& files, const sftp_refusal& why) {
  const auto refused = why.within("Update Create failed");
  if (request_.in_place || why.status() != sftp_status::failure || attempt_ >= most_partial_names)
    throw refused;
  try {
    const auto found = files.attributes(on, files.send(sftp_message::lstat, written_));
    const auto changed = found.times ? std::int64_t{found.times->second} : INT64_MAX;
    if (now() / second - changed > abandoned_after)
      files.done(on, files.send(sftp_message::remove, written_));
    else
      ++attempt_;
  } catch (const sftp_refusal&) {
    throw refused;
  }
}

void sftp_sink::reopen(const may_block& on, sftp_client& files) {
  file_ = {};
  for (auto& one : unconfirmed_) one.sent.reset();
  file_ = sftp_file{files, files.handle(on, files.send(sftp_message::open, written_,
                                                       std::uint32_t{sftp_write}, sftp_attributes{}))};
  const auto found = files.attributes(on, files.send(sftp_message::fstat, file_.handle()));
  const auto confirmed = unconfirmed_.empty() ? size_ : unconfirmed_.front().offset;
  if (found.size.value_or(0) < confirmed)
    fail(failure_kind::retryable, "can't go on writing after the connection was lost: the server has only " +
                                      std::to_string(found.size.value_or(0)) + " bytes of " +
                                      std::to_string(confirmed));
  generation_ = needs_.link.generation();
}

void sftp_sink::send_parts(const may_block& on, sftp_client& files) {
  if (generation_ != needs_.link.generation()) reopen(on, files);
  auto first = unconfirmed_.end();
  while (first != unconfirmed_.begin() && !std::prev(first)->sent) --first;
  for (; first != unconfirmed_.end(); ++first)
    first->sent = files.send(sftp_message::write, file_.handle(), first->offset, first->content);
}

void sftp_sink::take_confirmations(const may_block& on, sftp_client& files, std::size_t most_left) {
  while (!unconfirmed_.empty() && (bytes_unconfirmed_ > most_left || unconfirmed_.front().sent->arrived())) {
    within("Update ReadFrom failed", [&] { files.done(on, *unconfirmed_.front().sent); });
    bytes_unconfirmed_ -= unconfirmed_.front().content.size();
    unconfirmed_.pop_front();
  }
}

void sftp_sink::end_part() {
  if (collected_.empty()) return;
  bytes_unconfirmed_ += collected_.size();
  const auto offset = std::exchange(size_, size_ + collected_.size());
  unconfirmed_.push_back({offset, std::exchange(collected_, {}), std::nullopt});
}

void sftp_sink::send_collected(const may_block& on) {
  end_part();
  needs_.link.use(on, [&](sftp_connection& connection) {
    connection.doing("writing", place_);
    send_parts(on, connection.files());
    take_confirmations(on, connection.files(), window_);
  });
}

void sftp_sink::write(const may_block& on, const char* data, std::size_t size) {
  on.check();
  while (size > 0) {
    const auto taken = std::min(chunk_ - collected_.size(), size);
    collected_.append(data, taken);
    data += taken;
    size -= taken;
    if (collected_.size() == chunk_) send_collected(on);
  }
}

object_info sftp_sink::finish(const may_block& on, sftp_client& files) {
  const auto& options = needs_.link.options();
  // All at once: a server works in the order in which it is asked.
  send_parts(on, files);
  sftp_client::ticket synced;
  const bool sync = options.fsync && files.offers("fsync@openssh.com");
  if (sync) synced = files.send(sftp_message::extended, "fsync@openssh.com", file_.handle());
  const auto closed = file_.close();
  sftp_client::ticket dated;
  if (options.set_modtime) dated = files.send(sftp_message::setstat, written_, sftp_times(request_.modified));
  const auto looked = files.send(sftp_message::stat, written_);
  take_confirmations(on, files, 0);
  if (sync) within("Update Sync failed", [&] { files.done(on, synced); });
  within("Update Close failed", [&] { files.done(on, closed); });
  if (options.set_modtime) within("Update SetModTime failed", [&] { files.done(on, dated); });
  sftp_attributes found;
  within("Update stat failed", [&] { found = files.attributes(on, looked); });
  object_info info;
  info.size = found.size ? static_cast<std::int64_t>(*found.size) : -1;
  info.modified = found.times ? found.times->second * second : request_.modified;
  return info;
}

put_result sftp_sink::commit(const may_block& on, const std::function<void(const put_result&)>& verify) {
  on.check();
  end_part();
  put_result result;
  result.info = needs_.link.use(on, [&](sftp_connection& connection) {
    connection.doing("writing", place_);
    return finish(on, connection.files());
  });
  for (const auto type : request_.hashes.list())
    if (auto hex = needs_.hash(on, written_, type); !hex.empty()) result.hashes[type] = std::move(hex);
  if (verify) verify(result);
  if (written_ != place_) needs_.rename(on, written_, place_);
  owned_ = false;
  return result;
}

void sftp_sink::discard() noexcept {
  try {
    auto& link = needs_.link;
    unconfirmed_.clear();
    file_ = {};
    auto* const connection = link.present();
    if (connection == nullptr || generation_ != link.generation()) return link.remove_later(written_);
    connection->files().send(sftp_message::remove, written_);
    connection->files().settle(removal_limit);
  } catch (const std::exception&) {
    // The server is gone, and the file stays: there is nobody left to tell.
    owned_ = false;
  }
}

} // namespace argosy
