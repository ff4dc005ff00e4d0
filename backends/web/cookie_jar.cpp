#include "backends/web/cookie_jar.hpp"

namespace argosy::web {

cookie_jar::cookie_jar() : share_(curl_share_init()) {
  curl_share_setopt(share_.get(), CURLSHOPT_LOCKFUNC, &cookie_jar::lock);
  curl_share_setopt(share_.get(), CURLSHOPT_UNLOCKFUNC, &cookie_jar::unlock);
  curl_share_setopt(share_.get(), CURLSHOPT_USERDATA, this);
  curl_share_setopt(share_.get(), CURLSHOPT_SHARE, CURL_LOCK_DATA_COOKIE);
}

void cookie_jar::use_for(CURL* easy) const {
  curl_easy_setopt(easy, CURLOPT_SHARE, share_.get());
  curl_easy_setopt(easy, CURLOPT_COOKIEFILE, ""); // starts curl's cookie engine; no file is read
}

// The share is asked for cookies and for itself, never for both at a time by one thread.
void cookie_jar::lock(CURL*, curl_lock_data, curl_lock_access, void* self) {
  static_cast<cookie_jar*>(self)->mutex_.lock();
}

void cookie_jar::unlock(CURL*, curl_lock_data, void* self) {
  static_cast<cookie_jar*>(self)->mutex_.unlock();
}

} // namespace argosy::web
