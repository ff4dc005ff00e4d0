#pragma once

#include "backends/chunked_copy.hpp"
#include "backends/storage.hpp"

namespace argosy {

/// True when both are of one configured remote (3.9): it can copy and move between them by itself, if at all.
bool same_remote(const storage& a, const storage& b);

/// Copies one object (rc-surface 3.7): by the quick way of the two sessions if they have one, in chunks if it
/// is large and there is a crew, else streamed through this thread: read, hash, write, verify size and one
/// common hash, then the final name and time. What fails with something retryable is tried again
/// (low_level_retries): a reading from where it stopped, a chunk or an object from its beginning; a
/// corruption is not. Throws failure; then nothing stands under the final name that was not there before.
/// Payload is accounted on `on`, each byte of the object once however often it was moved.
void copy_object(const may_block& on, session& from, session& to, const copy_request& request,
                 const copy_policy& policy, const copy_crew& crew = {});

/// True when objects are moved from one to the other by renaming them.
bool can_rename(const storage& from, const storage& to);
/// Renames one object, or leaves it where it is to go already. False: it has to be copied.
bool rename_object(const may_block& on, session& from, session& to, const copy_request& request);

/// Gives a directory of `to`, which is there, the time of its source, and with metadata what else is known of
/// that. Throws failure.
void copy_directory_metadata(const may_block& on, session& from, session& to, const copy_request& request,
                             const copy_policy& policy);

/// Moves one object (3.6.7): renamed when both are the same remote and it can, else copied and then removed
/// at the source. Returns true when it was a rename.
bool move_object(const may_block& on, session& from, session& to, const copy_request& request,
                 const copy_policy& policy, const copy_crew& crew = {});

} // namespace argosy
