#include "metrics/profile/gzip.hpp"

#include <algorithm>
#include <limits>
#include <new>
#include <utility>

#include <zlib.h>

namespace argosy {

namespace {

constexpr int gzip_window = 15 + 16; // 32 KiB, and gzip's header instead of zlib's
constexpr int usual_memory = 8;

} // namespace

struct gzip_writer::state {
  z_stream stream{};
};

gzip_writer::gzip_writer() : state_(std::make_unique<state>()) {
  if (::deflateInit2(&state_->stream, Z_BEST_SPEED, Z_DEFLATED, gzip_window, usual_memory,
                     Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::bad_alloc{};
}

gzip_writer::~gzip_writer() { ::deflateEnd(&state_->stream); }

// Until the input is used up, or with Z_FINISH until the end is written.
void gzip_writer::run(int flush) {
  auto& stream = state_->stream;
  char block[16384];
  do {
    stream.next_out = reinterpret_cast<Bytef*>(block);
    stream.avail_out = sizeof block;
    ::deflate(&stream, flush);
    out_.append(block, sizeof block - stream.avail_out);
  } while (stream.avail_out == 0);
}

void gzip_writer::write(std::string_view content) {
  while (!content.empty()) {
    const auto part = content.substr(0, std::numeric_limits<uInt>::max());
    // zlib only reads through it.
    state_->stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(part.data()));
    state_->stream.avail_in = static_cast<uInt>(part.size());
    run(Z_NO_FLUSH);
    content.remove_prefix(part.size());
  }
}

std::string gzip_writer::finish() {
  run(Z_FINISH);
  return std::move(out_);
}

std::string gzip(std::string_view content) {
  gzip_writer writer;
  writer.write(content);
  return writer.finish();
}

} // namespace argosy
