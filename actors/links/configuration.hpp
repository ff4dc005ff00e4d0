#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "backends/may_block.hpp"
#include "core/config_store.hpp"

namespace argosy {

/// The configuration, shared by those who may block. One at a time.
class configuration {
public:
  /// Asked for the password of an encrypted file by whoever reads it. Nothing: there is none.
  using password_source = std::function<std::optional<config_password>(const may_block&)>;

  explicit configuration(std::string path, std::map<std::string, std::string> environment = {},
                         password_source ask = {}, config_store::complaint complain = {}) :
      store_(
          std::move(path), std::move(environment),
          [this, ask = std::move(ask)] { return ask ? ask(*reader_) : std::nullopt; }, std::move(complain)) {}
  configuration(const configuration&) = delete;
  configuration& operator=(const configuration&) = delete;

  /// What `f` makes of the store.
  template <class F>
  auto use(const may_block& on, F f) {
    std::lock_guard<std::mutex> guard{mutex_};
    reader_ = &on;
    return f(store_);
  }

private:
  std::mutex mutex_;
  const may_block* reader_ = nullptr; // of the use under way
  config_store store_;
};

} // namespace argosy
