#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "backends/ftp/ftp_client.hpp"
#include "backends/storage.hpp"

namespace argosy {

/// What a file being written needs of its session.
struct ftp_sink_needs {
  ftp_client& client;
  /// Begins to write a file, in a folder that is made when it is missing.
  std::function<std::unique_ptr<ftp_exchange>(const may_block&, const std::string& place)> store;
  /// Gives it its time, where the server can, and tells what the server then has.
  std::function<object_info(const may_block&, const std::string& place, nanoseconds modified)> settle;
  /// Gives `from` the name `to`.
  std::function<void(const may_block&, const std::string& from, const std::string& to)> rename;
};

/// Writes a file under a partial name until it is whole.
class ftp_sink final : public object_sink {
public:
  /// `place` on the server; what `needs` refers to outlives this.
  ftp_sink(const may_block& on, ftp_sink_needs needs, std::string place, put_request request);
  ~ftp_sink() override;
  void write(const may_block& on, const char* data, std::size_t size) override;
  put_result commit(const may_block& on, const std::function<void(const put_result&)>& verify) override;

private:
  void discard() noexcept;

  ftp_sink_needs needs_;
  const put_request request_;
  const std::string place_; // final
  std::string written_;     // where it is written
  std::int64_t size_ = 0;   // so far
  const may_block cleaning_;
  std::unique_ptr<ftp_exchange> exchange_;
};

/// A file being read.
class ftp_source final : public object_source {
public:
  /// How many bytes the whole file has; -1: nobody knows.
  using size_lookup = std::function<std::int64_t(const may_block& on)>;
  /// From `offset` where the exchange begins, `length` bytes; -1: to the end.
  ftp_source(std::unique_ptr<ftp_exchange> exchange, std::int64_t offset, std::int64_t length,
             size_lookup whole) :
      exchange_(std::move(exchange)),
      at_(offset), left_(length), whole_(std::move(whole)) {}
  std::size_t read(const may_block& on, char* data, std::size_t size) override;

private:
  std::unique_ptr<ftp_exchange> exchange_; // none: nothing is left
  std::int64_t at_, left_;
  const size_lookup whole_;
};

} // namespace argosy
