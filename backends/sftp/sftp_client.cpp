#include "backends/sftp/sftp_client.hpp"

#include <algorithm>
#include <utility>

namespace argosy {

namespace {

constexpr std::uint32_t protocol_version = 3;
/// Longest packet that is believed; more is no SFTP (a login banner, for example).
constexpr std::size_t longest_packet = (16 << 20) + 1024;
/// So much is handed to the channel at a time.
constexpr std::size_t send_block = 256 << 10;

[[noreturn]] void unexpected(sftp_message type) {
  throw connection_lost{"sftp: unexpected packet of type " + std::to_string(static_cast<unsigned>(type))};
}

std::string shown(std::string_view text) {
  constexpr std::size_t most = 200;
  std::string out{text.substr(0, most)};
  while (!out.empty() && (out.back() == '\n' || out.back() == '\r')) out.pop_back();
  for (auto& c : out)
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  return out;
}

} // namespace

void sftp_replies::expect(std::uint32_t number) {
  slots_.emplace(number, slot{});
  ++owed_;
}

void sftp_replies::forget(std::uint32_t number) {
  const auto found = slots_.find(number);
  if (found == slots_.end()) return;
  if (found->second.arrived)
    slots_.erase(found);
  else
    found->second.forgotten = true;
}

bool sftp_replies::arrived(std::uint32_t number) const {
  const auto found = slots_.find(number);
  return found != slots_.end() && found->second.arrived;
}

sftp_replies::reply sftp_replies::take(std::uint32_t number) {
  const auto found = slots_.find(number);
  auto content = std::move(found->second.content);
  slots_.erase(found);
  return content;
}

bool sftp_replies::put(std::uint32_t number, sftp_message type, std::string_view body) {
  const auto found = slots_.find(number);
  if (found == slots_.end() || found->second.arrived) return false;
  --owed_;
  if (found->second.forgotten) {
    slots_.erase(found);
  } else {
    found->second.arrived = true;
    found->second.content = {type, std::string{body}};
  }
  return true;
}

sftp_client::sftp_client(std::unique_ptr<byte_channel> channel, std::chrono::nanoseconds silence) :
    channel_(std::move(channel)), silence_(silence) {
  channel_->on_output([this](std::string_view bytes) { return received(bytes); });
}

void sftp_client::start(const may_block& on) {
  {
    sftp_packet_writer packet{out_, sftp_message::init};
    packet.put(protocol_version);
  }
  const auto since = std::chrono::steady_clock::now();
  while (!version_) {
    exchange(cancel_interval);
    on.check();
    if (silence_.count() > 0 && std::chrono::steady_clock::now() - since > silence_)
      throw connection_lost{"couldn't initialise SFTP: i/o timeout"};
  }
  if (*version_ < protocol_version)
    fail(failure_kind::unsupported, "couldn't initialise SFTP: the server speaks version " +
                                        std::to_string(*version_) + ", not " +
                                        std::to_string(protocol_version));
  read_limits(on);
}

void sftp_client::read_limits(const may_block& on) {
  if (!offers("limits@openssh.com")) return;
  const auto body = extended(on, send(sftp_message::extended, std::string_view{"limits@openssh.com"}));
  sftp_packet_reader limits{body};
  limits.large_number(); // of a packet
  longest_read_ = static_cast<std::size_t>(limits.large_number());
  longest_write_ = static_cast<std::size_t>(limits.large_number());
}

sftp_client::ticket sftp_client::expect(std::uint32_t number) {
  if (replies_->owed() == 0) last_heard_ = std::chrono::steady_clock::now();
  replies_->expect(number);
  ticket made{replies_, number};
  if (out_.size() - sent_ >= send_block) flush();
  return made;
}

void sftp_client::done(const may_block& on, const ticket& of) {
  const auto reply = take(on, of);
  if (reply.type != sftp_message::status) unexpected(reply.type);
}

std::string sftp_client::handle(const may_block& on, const ticket& of) {
  const auto reply = take(on, of, sftp_message::handle);
  return std::string{sftp_packet_reader{reply.body}.text()};
}

sftp_attributes sftp_client::attributes(const may_block& on, const ticket& of) {
  const auto reply = take(on, of, sftp_message::attributes);
  return sftp_packet_reader{reply.body}.attributes();
}

std::optional<sftp_client::content> sftp_client::data(const may_block& on, const ticket& of) {
  try {
    auto reply = take(on, of, sftp_message::data);
    const auto length = sftp_packet_reader{reply.body}.text().size();
    reply.body.resize(sizeof(std::uint32_t) + length);
    return content{std::move(reply.body)};
  } catch (const sftp_refusal& refusal) {
    if (refusal.status() == sftp_status::end_of_file) return std::nullopt;
    throw;
  }
}

bool sftp_client::names(const may_block& on, const ticket& of, const std::function<void(const name&)>& use) {
  try {
    const auto reply = take(on, of, sftp_message::name);
    sftp_packet_reader fields{reply.body};
    for (auto count = fields.number(); count > 0; --count) {
      const auto text = fields.text();
      fields.text(); // as `ls -l` would show it
      use({text, fields.attributes()});
    }
    return true;
  } catch (const sftp_refusal& refusal) {
    if (refusal.status() == sftp_status::end_of_file) return false;
    throw;
  }
}

std::string sftp_client::extended(const may_block& on, const ticket& of) {
  return std::move(take(on, of, sftp_message::extended_reply).body);
}

void sftp_client::push(const may_block& on) {
  exchange(std::chrono::milliseconds{0});
  on.check();
}

bool sftp_client::settle(std::chrono::milliseconds limit) noexcept {
  try {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (sent_ < out_.size() || replies_->owed() > 0) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
      if (left.count() <= 0) return false;
      exchange(std::min(left, cancel_interval));
    }
    return true;
  } catch (...) {
    return false;
  }
}

sftp_replies::reply sftp_client::take(const may_block& on, const ticket& of) {
  const auto since = std::chrono::steady_clock::now();
  while (!of.arrived()) {
    exchange(cancel_interval);
    on.check();
    if (silence_.count() > 0 && !of.arrived() &&
        std::chrono::steady_clock::now() - std::max(since, last_heard_) > silence_)
      throw connection_lost{"sftp: i/o timeout"};
  }
  auto reply = replies_->take(of.number_);
  if (reply.type != sftp_message::status) return reply;
  sftp_packet_reader fields{reply.body};
  const auto status = static_cast<sftp_status>(fields.number());
  if (status == sftp_status::ok) return reply;
  if (status == sftp_status::no_connection || status == sftp_status::connection_lost)
    throw connection_lost{sftp_refusal{status}.what()};
  throw sftp_refusal{status, fields.at_end() ? std::string_view{} : fields.text()};
}

sftp_replies::reply sftp_client::take(const may_block& on, const ticket& of, sftp_message wanted) {
  auto reply = take(on, of);
  if (reply.type != wanted) unexpected(reply.type);
  return reply;
}

void sftp_client::exchange(std::chrono::milliseconds limit) {
  if (broken_) std::rethrow_exception(broken_);
  if (channel_->ended()) {
    const auto complaint = shown(channel_->complaint());
    throw connection_lost{"sftp: connection lost" + (complaint.empty() ? complaint : ": " + complaint)};
  }
  flush();
  channel_->wait(limit);
}

void sftp_client::flush() {
  while (sent_ < out_.size()) {
    const auto taken = channel_->write(std::string_view{out_}.substr(sent_, send_block));
    sent_ += taken;
    if (taken == 0) break;
  }
  if (sent_ < out_.size() && sent_ < send_block) return;
  out_.erase(0, sent_);
  sent_ = 0;
}

std::size_t sftp_client::received(std::string_view bytes) noexcept {
  std::size_t used = 0;
  try {
    if (broken_) return bytes.size();
    last_heard_ = std::chrono::steady_clock::now();
    while (bytes.size() - used >= sizeof(std::uint32_t)) {
      const auto rest = bytes.substr(used);
      const std::size_t size = sftp_packet_reader{rest}.number();
      if (size == 0 || size > longest_packet)
        throw connection_lost{"sftp: not a packet of SFTP: \"" + shown(rest) + "\""};
      if (rest.size() - sizeof(std::uint32_t) < size) break;
      handle_packet(rest.substr(sizeof(std::uint32_t), size));
      used += sizeof(std::uint32_t) + size;
    }
  } catch (...) {
    broken_ = std::current_exception();
    return bytes.size();
  }
  return used;
}

void sftp_client::handle_packet(std::string_view packet) {
  const auto type = static_cast<sftp_message>(packet.front());
  packet.remove_prefix(1);
  sftp_packet_reader fields{packet};
  const auto number = fields.number();
  if (type == sftp_message::version) {
    version_ = number;
    while (!fields.at_end()) {
      const auto extension = fields.text();
      extensions_.emplace(extension, fields.text());
    }
    return;
  }
  packet.remove_prefix(sizeof number);
  if (!replies_->put(number, type, packet))
    throw connection_lost{"sftp: reply to request " + std::to_string(number) + " that was not made"};
}

} // namespace argosy
