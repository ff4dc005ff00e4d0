#include "backends/sftp/sftp_source.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

namespace argosy {

namespace {

/// Until that much was read not more is asked for ahead, bytes: many readers want the beginning only.
constexpr std::size_t first_window = 128 << 10;
constexpr auto no_end = std::numeric_limits<std::uint64_t>::max();

std::size_t window_of(const sftp_options& options) {
  return options.disable_concurrent_reads ? 1 : options.chunk_size * options.concurrency;
}

} // namespace

sftp_source::sftp_source(const may_block& on, sftp_link& link, std::string place, std::int64_t offset,
                         std::int64_t length) :
    link_(link),
    place_(std::move(place)), position_(static_cast<std::uint64_t>(std::max<std::int64_t>(offset, 0))),
    end_(length < 0 ? no_end : position_ + static_cast<std::uint64_t>(length)), next_(position_) {
  link_.use(on, [&](sftp_connection& connection) {
    connection.doing("reading", place_);
    open(on, connection.files());
  });
}

void sftp_source::open(const may_block& on, sftp_client& files) {
  file_ = {};
  parts_.clear();
  bytes_asked_ = 0;
  next_ = position_;
  const bool by_handle = link_.options().use_fstat;
  const auto opened = files.send(sftp_message::open, place_, std::uint32_t{sftp_read}, sftp_attributes{});
  sftp_client::ticket looked;
  if (!by_handle) looked = files.send(sftp_message::stat, place_);
  try {
    file_ = sftp_file{files, files.handle(on, opened)};
    generation_ = link_.generation();
    if (by_handle) looked = files.send(sftp_message::fstat, file_.handle());
    learn(files.attributes(on, looked));
  } catch (const sftp_refusal& refusal) {
    if (refusal.status() == sftp_status::no_such_file)
      fail(failure_kind::object_not_found, "object not found");
    throw refusal.within("Open failed");
  }
}

void sftp_source::learn(const sftp_attributes& found) {
  if (found.is_directory()) fail(failure_kind::is_a_directory, "is a directory not a file");
  const auto modified = [](const sftp_attributes& a) { return a.times ? a.times->second : 0; };
  if (first_seen_ && (first_seen_->size != found.size || modified(*first_seen_) != modified(found)))
    fail(failure_kind::retryable, "can't go on reading after the connection was lost: the file has changed");
  first_seen_ = found;
  // What is generated when it is read shows no size.
  if (found.size && *found.size > 0) end_ = std::min(end_, *found.size);
}

void sftp_source::ask_ahead(sftp_client& files) {
  const auto chunk = link_.options().chunk(files.longest_read());
  const auto window = std::min<std::uint64_t>(window_of(link_.options()), first_window + delivered_);
  // Where the end is not known one request at a time finds it.
  const bool one_only = end_ == no_end;
  while (next_ < end_ && (parts_.empty() || (!one_only && bytes_asked_ < window))) {
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(chunk, end_ - next_));
    parts_.push_back(
        {next_, size,
         files.send(sftp_message::read, file_.handle(), next_, static_cast<std::uint32_t>(size))});
    bytes_asked_ += size;
    next_ += size;
  }
}

bool sftp_source::fetch(const may_block& on, sftp_client& files) {
  if (generation_ != link_.generation()) open(on, files);
  ask_ahead(files);
  if (parts_.empty()) return false;
  auto& next = parts_.front();
  auto got = files.data(on, next.asked);
  const auto size = got ? got->bytes().size() : 0;
  if (size > next.size) throw connection_lost{"sftp: more was sent than was asked for"};
  if (size == 0) {
    // The file ends earlier than it said.
    parts_.clear();
    bytes_asked_ = 0;
    end_ = position_;
    return false;
  }
  bytes_asked_ -= size;
  position_ += size;
  delivered_ += size;
  if (size == next.size) {
    parts_.pop_front();
  } else {
    next.offset += size;
    next.size -= size;
    next.asked =
        files.send(sftp_message::read, file_.handle(), next.offset, static_cast<std::uint32_t>(next.size));
  }
  current_ = std::move(got);
  used_ = 0;
  return true;
}

std::size_t sftp_source::read(const may_block& on, char* data, std::size_t size) {
  on.check();
  std::size_t done = 0;
  while (done < size) {
    const auto left = current_ ? current_->bytes().substr(used_) : std::string_view{};
    if (left.empty()) {
      // What is there is handed out before one waits for more.
      const bool at_hand = !parts_.empty() && parts_.front().asked.arrived();
      if ((done > 0 && !at_hand) || !more(on)) break;
      continue;
    }
    const auto taken = std::min(size - done, left.size());
    std::memcpy(data + done, left.data(), taken);
    done += taken;
    used_ += taken;
  }
  return done;
}

bool sftp_source::more(const may_block& on) {
  return link_.use(on, [&](sftp_connection& connection) {
    connection.doing("reading", place_);
    try {
      return fetch(on, connection.files());
    } catch (const sftp_refusal& refusal) {
      throw refusal.within("Failed to read");
    }
  });
}

} // namespace argosy
