#pragma once

namespace argosy {

/// What an object_sink is as well that computes the hashes of its put_result itself, of the very bytes that
/// write() is given. Who copies would only compute the same once more, of the same bytes.
class hashing_sink {
public:
  virtual ~hashing_sink() = default;
};

} // namespace argosy
