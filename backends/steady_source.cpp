#include "backends/steady_source.hpp"

#include <utility>

namespace argosy {

namespace {

class steady_source final : public object_source {
public:
  steady_source(const may_block& on, session& s, std::string path, attempts& left, std::int64_t offset,
                std::int64_t length) :
      session_(s),
      path_(std::move(path)), left_(left), offset_(offset), length_(length) {
    repeat(on, [&] { open(on); });
  }

  std::size_t read(const may_block& on, char* data, std::size_t size) override {
    std::size_t got = 0;
    repeat(on, [&] {
      if (!source_) open(on);
      got = source_->read(on, data, size);
    });
    offset_ += static_cast<std::int64_t>(got);
    if (length_ >= 0) length_ -= static_cast<std::int64_t>(got);
    return got;
  }

private:
  void open(const may_block& on) { source_ = session_.open(on, path_, offset_, length_); }

  template <class Work>
  void repeat(const may_block& on, Work work) {
    while (true) {
      try {
        return work();
      } catch (const failure& why) {
        source_.reset();
        if (!left_.another(on, why)) throw;
      }
    }
  }

  session& session_;
  const std::string path_;
  attempts& left_;
  std::int64_t offset_, length_; // of what was not read yet
  std::unique_ptr<object_source> source_;
};

} // namespace

std::unique_ptr<object_source> open_steadily(const may_block& on, session& s, const std::string& path,
                                             attempts& left, std::int64_t offset, std::int64_t length) {
  return std::make_unique<steady_source>(on, s, path, left, offset, length);
}

} // namespace argosy
