#include <algorithm>
#include <numeric>

#include "backends/crypt/content_cipher.hpp"
#include "backends/run_and_wait.hpp"
#include "tests/fuzz/fuzz.hpp"

// An input is numbers (whole blocks, further bytes, where to read, where to damage, step of writing), then
// bytes that the content repeats.
namespace argosy::fuzz {

namespace {

using namespace crypt;

class text_sink final : public object_sink {
public:
  explicit text_sink(std::string& to) : to_(to) {}
  void write(const may_block&, const char* data, std::size_t size) override { to_.append(data, size); }
  put_result commit(const may_block&, const std::function<void(const put_result&)>& verify) override {
    put_result result;
    result.info.size = static_cast<std::int64_t>(to_.size());
    if (verify) verify(result);
    return result;
  }

private:
  std::string& to_;
};

class text_source final : public object_source {
public:
  explicit text_source(std::string_view text) : text_(text) {}
  std::size_t read(const may_block&, char* data, std::size_t size) override {
    const auto got = text_.copy(data, size);
    text_.remove_prefix(got);
    return got;
  }

private:
  std::string_view text_;
};

const keys& some_keys() {
  static const keys k = [] {
    keys made;
    made.data.fill(7);
    return made;
  }();
  return k;
}

std::string encrypted(const may_block& on, std::string_view content, std::size_t step) {
  std::string out;
  const auto sink = encrypt_into(on, std::make_unique<text_sink>(out), some_keys(), nonce{1, 2, 3},
                                 hash_type::none, "there");
  for (auto rest = content; !rest.empty(); rest.remove_prefix(std::min(step, rest.size())))
    sink->write(on, rest.data(), std::min(step, rest.size()));
  expect_equal(sink->commit(on, {}).info.size, static_cast<std::int64_t>(content.size()), "all is written");
  return out;
}

std::string decrypted(const may_block& on, std::string_view file, std::int64_t offset, std::int64_t length,
                      std::size_t step) {
  const range_opener open = [&](std::int64_t from, std::int64_t size) -> std::unique_ptr<object_source> {
    expect(from >= 0 && size >= -1, "a part of a file is asked for", shown(from) + " " + shown(size));
    const auto rest = file.substr(std::min(static_cast<std::size_t>(from), file.size()));
    return std::make_unique<text_source>(size < 0 ? rest : rest.substr(0, static_cast<std::size_t>(size)));
  };
  const auto source = open_decrypted(on, open, some_keys(), offset, length, {});
  std::string out, block(step, '\0');
  while (const auto got = source->read(on, block.data(), block.size())) out.append(block, 0, got);
  return out;
}

void check_content(const may_block& on, std::string_view input) {
  // Mostly a part of a block, which is quick; by the sum of the bytes, so that what the fuzzer makes of a
  // large one is not large again: also whole blocks and what stands beside their edges.
  const auto sum = std::accumulate(input.begin(), input.end(), std::size_t{0});
  reader in{input};
  const auto most_blocks = sum % 32 == 0 ? std::size_t{3} : std::size_t{1};
  const auto blocks = in.byte() % most_blocks;
  const auto further = std::size_t{in.byte()};
  const auto size = std::max<std::size_t>(blocks * block_size + further, 1) - 1;
  auto offset = in.number();
  auto length = in.number();
  if (in.flag()) { // else anywhere, also far outside
    offset %= static_cast<std::int64_t>(size) + 2;
    length %= static_cast<std::int64_t>(size) + 2;
  }
  const auto damage = static_cast<std::size_t>(in.number() & INT64_MAX);
  const auto step = std::size_t{1} + in.byte() * std::size_t{1000};
  std::string content;
  while (content.size() < size) content.append(in.at_end() ? "empty" : in.rest());
  content.resize(size);

  auto file = encrypted(on, content, step);
  expect_equal(static_cast<std::int64_t>(file.size()), encrypted_size(static_cast<std::int64_t>(size)),
               "a file is as large as foretold");
  expect_equal(decrypted_size(static_cast<std::int64_t>(file.size())), static_cast<std::int64_t>(size),
               "the size of the content follows from that of the file");
  expect(decrypted(on, file, 0, -1, step + 4000) == content, "what is encrypted comes back");

  const auto from =
      static_cast<std::size_t>(std::clamp<std::int64_t>(offset, 0, static_cast<std::int64_t>(size)));
  const auto part = std::string_view{content}.substr(from);
  const auto wanted = length < 0 ? part : part.substr(0, static_cast<std::size_t>(length));
  expect(decrypted(on, file, offset, length, 70'000) == wanted, "a part is that part",
         shown(offset) + " " + shown(length));

  const auto at = damage % file.size();
  file[at] = static_cast<char>(file[at] ^ 1);
  const auto read = accepted([&] { return decrypted(on, file, 0, -1, 70'000); });
  expect(!read || size == 0, "what was altered is found out",
         shown(at)); // an empty file is a nonce and no block
  accepted([&] { return decrypted(on, std::string_view{file}.substr(0, at), offset, length, 70'000); });
}

} // namespace

void check(std::string_view input) {
  static ledger book;
  static io_pool pool{book, {}};
  run_and_wait(pool, [&](const may_block& on) { check_content(on, input); });
}

} // namespace argosy::fuzz
