#pragma once

#include <memory>
#include <mutex>

#include <curl/curl.h>

namespace argosy::web {

/// Cookies that servers set, shared by the sessions of one remote (use_cookies). Thread-safe.
class cookie_jar {
public:
  cookie_jar();
  cookie_jar(const cookie_jar&) = delete;
  cookie_jar& operator=(const cookie_jar&) = delete;
  void use_for(CURL* easy) const;

private:
  static void lock(CURL*, curl_lock_data, curl_lock_access, void* self);
  static void unlock(CURL*, curl_lock_data, void* self);
  struct closer {
    void operator()(CURLSH* s) const { curl_share_cleanup(s); }
  };
  std::mutex mutex_;
  std::unique_ptr<CURLSH, closer> share_;
};

} // namespace argosy::web
