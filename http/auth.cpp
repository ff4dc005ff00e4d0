#include "http/auth.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

#include <crypt.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <sys/stat.h>

#include "core/failure.hpp"
#include "core/header_text.hpp"

namespace argosy {

namespace {

using namespace std::chrono_literals;

// How long a change of the htpasswd file may go unnoticed.
constexpr auto file_lifetime = 1s;
// How long the result of a slow hash is good, and how many are kept.
constexpr auto result_lifetime = 5min;
constexpr std::size_t most_results = 1024;

bool starts_with(std::string_view text, std::string_view with) { return text.substr(0, with.size()) == with; }

bool is_bcrypt(std::string_view hash) {
  return starts_with(hash, "$2a$") || starts_with(hash, "$2b$") || starts_with(hash, "$2x$") ||
         starts_with(hash, "$2y$");
}

bool is_slow(std::string_view hash) {
  return is_bcrypt(hash) || starts_with(hash, "$apr1$") || starts_with(hash, "$1$");
}

std::optional<std::string> decode_base64(std::string_view text) {
  // EVP_DecodeBlock pads the result to whole groups and skips blanks at the ends, so both are dealt with
  // here.
  if (text.size() % 4 != 0 || text.find_first_of(" \t\r\n") != std::string_view::npos) return std::nullopt;
  std::string out(text.size() / 4 * 3, '\0');
  const auto size =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                      reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  const auto padding = static_cast<std::size_t>(std::count(
      text.end() - std::min<std::ptrdiff_t>(2, static_cast<std::ptrdiff_t>(text.size())), text.end(), '='));
  out.resize(out.size() - padding);
  return out;
}

std::string encode_base64(const unsigned char* data, std::size_t size) {
  std::string out((size + 2) / 3 * 4 + 1, '\0');
  const auto length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), data, static_cast<int>(size));
  out.resize(static_cast<std::size_t>(length));
  return out;
}

// MD5 over pieces.
class md5_sum {
public:
  using value = std::array<unsigned char, 16>;
  md5_sum() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    if (!context_ || EVP_DigestInit_ex(context_.get(), EVP_md5(), nullptr) != 1)
      fail(failure_kind::other, "MD5 is not available in this OpenSSL");
  }
  void add(std::string_view text) { EVP_DigestUpdate(context_.get(), text.data(), text.size()); }
  void add(const value& v, std::size_t size = 16) { EVP_DigestUpdate(context_.get(), v.data(), size); }
  // The sum of what was added; then ready for the next.
  value take() {
    value v{};
    EVP_DigestFinal_ex(context_.get(), v.data(), nullptr);
    EVP_DigestInit_ex(context_.get(), nullptr, nullptr);
    return v;
  }

private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

bool matches_bcrypt(const std::string& password, const std::string& hash) {
  // crypt(3) stops at a zero byte: a password could have anything behind it.
  if (password.find('\0') != std::string::npos) return false;
  // The four are one algorithm here, as in Go; crypt(3) would reproduce an old error for $2x$.
  const auto setting = "$2b$" + hash.substr(4);
  const auto data = std::make_unique<crypt_data>();
  const char* const computed = crypt_r(password.c_str(), setting.c_str(), data.get());
  return computed != nullptr && computed[0] == '$' && equal_in_constant_time(computed, setting);
}

} // namespace

std::optional<std::pair<std::string, std::string>> parse_basic_credentials(std::string_view header) {
  const auto blank = header.find(' ');
  if (blank == std::string_view::npos || !same_header(header.substr(0, blank), "Basic")) return std::nullopt;
  auto text = decode_base64(trim_header(header.substr(blank)));
  if (!text) return std::nullopt;
  const auto colon = text->find(':');
  if (colon == std::string::npos) return std::nullopt;
  return std::make_pair(text->substr(0, colon), text->substr(colon + 1));
}

std::string md5_crypt(std::string_view password, std::string_view salt, std::string_view magic) {
  salt = salt.substr(0, std::min<std::size_t>(salt.find('$'), 8));
  md5_sum sum;
  sum.add(password);
  sum.add(salt);
  sum.add(password);
  auto result = sum.take();

  sum.add(password);
  sum.add(magic);
  sum.add(salt);
  for (auto left = password.size(); left > 0; left -= std::min<std::size_t>(left, 16))
    sum.add(result, std::min<std::size_t>(left, 16));
  for (auto bits = password.size(); bits > 0; bits >>= 1)
    sum.add((bits & 1) != 0 ? std::string_view{"\0", 1} : password.substr(0, 1));
  result = sum.take();

  for (int round = 0; round < 1000; ++round) {
    const bool odd = (round & 1) != 0;
    if (odd)
      sum.add(password);
    else
      sum.add(result);
    if (round % 3 != 0) sum.add(salt);
    if (round % 7 != 0) sum.add(password);
    if (odd)
      sum.add(result);
    else
      sum.add(password);
    result = sum.take();
  }

  std::string out;
  out.append(magic).append(salt).append("$");
  constexpr std::string_view digits = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  const auto put = [&out, digits](unsigned value, int count) {
    for (; count > 0; --count, value >>= 6) out += digits[value & 0x3f];
  };
  constexpr std::array<std::array<std::size_t, 3>, 5> order{
      {{0, 6, 12}, {1, 7, 13}, {2, 8, 14}, {3, 9, 15}, {4, 10, 5}}};
  for (const auto& [a, b, c] : order)
    put(static_cast<unsigned>(result[a]) << 16 | static_cast<unsigned>(result[b]) << 8 | result[c], 4);
  put(result[11], 2);
  return out;
}

bool matches_hash(const std::string& password, const std::string& hash) {
  if (starts_with(hash, "{SHA}")) {
    std::array<unsigned char, 20> sum{};
    EVP_Digest(password.data(), password.size(), sum.data(), nullptr, EVP_sha1(), nullptr);
    return equal_in_constant_time(encode_base64(sum.data(), sum.size()), std::string_view{hash}.substr(5));
  }
  for (const std::string_view magic : {"$apr1$", "$1$"})
    if (starts_with(hash, magic))
      return equal_in_constant_time(md5_crypt(password, std::string_view{hash}.substr(magic.size()), magic),
                                    hash);
  return is_bcrypt(hash) && matches_bcrypt(password, hash);
}

bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept {
  auto difference = static_cast<unsigned>(a.size() != b.size());
  for (std::size_t i = 0; i < a.size(); ++i)
    difference |= static_cast<unsigned char>(a[i]) ^
                  static_cast<unsigned>(b.empty() ? 0xff : static_cast<unsigned char>(b[i % b.size()]));
  return difference == 0;
}

std::size_t authenticator::digest_hash::operator()(const digest& d) const noexcept {
  std::size_t start = 0;
  std::memcpy(&start, d.data(), sizeof start);
  return start;
}

authenticator::authenticator(sources from, ledger& book, logger& log) : sources_(std::move(from)), log_(log) {
  if (sources_.htpasswd_file.empty()) return;
  if (RAND_bytes(secret_.data(), static_cast<int>(secret_.size())) != 1)
    fail(failure_kind::other, "no random numbers for the password cache");
  thread_entry_ = book.enter(resource::thread, "password check");
  thread_ = std::thread{[this] {
    ::pthread_setname_np(::pthread_self(), "password check");
    run();
  }};
}

authenticator::~authenticator() { stop(); }

authenticator::verdict authenticator::glance(std::string_view header) {
  const auto given = parse_basic_credentials(header);
  if (!given) return verdict::refused;
  const auto& [user, password] = *given;
  if (sources_.htpasswd_file.empty()) {
    const bool same_user = equal_in_constant_time(user, sources_.user);
    const bool same_password = equal_in_constant_time(password, sources_.password);
    return same_user && same_password ? verdict::granted : verdict::refused;
  }
  {
    const std::lock_guard<std::mutex> lock{mutex_};
    if (looked_ == clock::time_point{} || clock::now() - looked_ > file_lifetime) return verdict::unknown;
  }
  return judge(user, password);
}

// By the file as it was last read.
authenticator::verdict authenticator::judge(const std::string& user, const std::string& password) {
  std::string hash;
  {
    const std::lock_guard<std::mutex> lock{mutex_};
    if (!users_) return verdict::refused;
    const auto found = users_->hashes.find(user);
    if (found == users_->hashes.end()) return verdict::refused;
    hash = found->second;
  }
  if (!is_slow(hash)) return matches_hash(password, hash) ? verdict::granted : verdict::refused;
  const auto key = key_of(user, password, hash);
  const std::lock_guard<std::mutex> lock{mutex_};
  const auto found = known_.find(key);
  if (found == known_.end() || found->second.until < clock::now()) return verdict::unknown;
  return found->second.granted ? verdict::granted : verdict::refused;
}

// The stored hash is part of it: a changed password makes what is known of the old one useless.
authenticator::digest authenticator::key_of(std::string_view user, std::string_view password,
                                            std::string_view hash) const {
  std::string text;
  for (const auto part : {user, password, hash})
    text.append(std::to_string(part.size())).append(":").append(part);
  digest out{};
  HMAC(EVP_sha256(), secret_.data(), static_cast<int>(secret_.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), out.data(), nullptr);
  return out;
}

void authenticator::remember(const digest& key, bool granted) {
  const std::lock_guard<std::mutex> lock{mutex_};
  const auto present = clock::now();
  if (known_.size() >= most_results) {
    for (auto i = known_.begin(); i != known_.end();)
      i = i->second.until < present ? known_.erase(i) : std::next(i);
    // Wrong guesses must not drive out those who are known to be right.
    for (auto i = known_.begin(); i != known_.end() && known_.size() >= most_results;)
      i = i->second.granted ? std::next(i) : known_.erase(i);
    if (known_.size() >= most_results) known_.clear();
  }
  known_[key] = {granted, present + result_lifetime};
}

// Fails closed: without a readable file nobody gets in.
void authenticator::refresh() {
  {
    const std::lock_guard<std::mutex> lock{mutex_};
    const auto present = clock::now();
    if (looked_ != clock::time_point{} && present - looked_ <= file_lifetime) return;
  }
  struct stat status {};
  std::shared_ptr<user_table> fresh;
  std::int64_t stamp[3]{};
  const bool there = ::stat(sources_.htpasswd_file.c_str(), &status) == 0;
  auto reason = there ? 0 : errno;
  if (there) {
    stamp[0] = static_cast<std::int64_t>(status.st_mtim.tv_sec) * 1'000'000'000 + status.st_mtim.tv_nsec;
    stamp[1] = static_cast<std::int64_t>(status.st_size);
    stamp[2] = static_cast<std::int64_t>(status.st_ino);
    {
      const std::lock_guard<std::mutex> lock{mutex_};
      if (users_ && std::equal(std::begin(stamp), std::end(stamp), std::begin(file_stamp_))) {
        looked_ = clock::now();
        return;
      }
    }
    std::ifstream file{sources_.htpasswd_file, std::ios::binary};
    reason = file ? 0 : errno;
    if (file) {
      fresh = std::make_shared<user_table>();
      for (std::string line; std::getline(file, line);) {
        if (!line.empty() && line.back() == '\r') line.pop_back();
        if (line.empty() || line.front() == '#') continue;
        line.erase(0, line.find_first_not_of(" \t"));
        const auto colon = line.find(':');
        if (colon == std::string::npos) continue;
        const auto hash = line.find_first_not_of(" \t", colon + 1);
        if (hash == std::string::npos) continue;
        fresh->hashes[line.substr(0, colon)] = line.substr(hash, line.find(':', hash) - hash);
      }
    }
  }
  const std::lock_guard<std::mutex> lock{mutex_};
  if (!fresh && (users_ || looked_ == clock::time_point{}))
    log_.write(log_level::error, "htpasswd file \"" + sources_.htpasswd_file +
                                     "\" cannot be read, nobody is let in: " + std::strerror(reason));
  users_ = std::move(fresh);
  std::copy(std::begin(stamp), std::end(stamp), std::begin(file_stamp_));
  looked_ = clock::now();
}

void authenticator::check(std::string header, std::function<void(bool)> done) {
  const std::lock_guard<std::mutex> lock{mutex_};
  if (stopping_) return;
  jobs_.push_back({std::move(header), std::move(done)});
  changed_.notify_one();
}

void authenticator::run() {
  std::unique_lock<std::mutex> lock{mutex_};
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    if (stopping_) return;
    auto next = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    bool granted = false;
    try {
      if (const auto given = parse_basic_credentials(next.header)) {
        const auto& [user, password] = *given;
        refresh();
        auto result = judge(user, password);
        if (result == verdict::unknown) {
          std::string hash;
          {
            const std::lock_guard<std::mutex> table{mutex_};
            if (users_) {
              const auto found = users_->hashes.find(user);
              if (found != users_->hashes.end()) hash = found->second;
            }
          }
          granted = matches_hash(password, hash);
          remember(key_of(user, password, hash), granted);
        } else {
          granted = result == verdict::granted;
        }
      }
    } catch (const std::exception& e) {
      log_.write(log_level::error, std::string{"checking a password failed: "} + e.what());
    }
    next.done(granted);
    next = {};
    lock.lock();
  }
}

void authenticator::stop() {
  std::deque<job> dropped; // what they hold may end here, outside the lock
  {
    const std::lock_guard<std::mutex> lock{mutex_};
    stopping_ = true;
    dropped.swap(jobs_);
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
  thread_entry_ = {};
}

void authenticator::expire_file() {
  const std::lock_guard<std::mutex> lock{mutex_};
  looked_ = {};
}

} // namespace argosy
