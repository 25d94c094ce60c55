#pragma once

#include <attache/store/object_store.hpp>
#include <attache/store/upload_admin.hpp>

#include <memory>
#include <string>

namespace attache {

struct DirectoryStoreOptions {
  /// Host path of the root. Created by the first put(); until then the store is empty.
  std::string path;
};

/// A store in a directory; nothing outside of it is opened or touched, whatever links it holds.
///
/// Layout: an object is the file `<root>/<key>`, nothing else, so that `<root>/Data/<hash>.xxh128` can be read by any
/// tool. It appears there complete, by rename of a temporary file in the same directory (`.attache-*.tmp`; one that a
/// killed process left behind is never listed as an object, see make_directory_upload_admin()). User metadata of those
/// few objects that have some (manifests) is in `<root>/.attache-metadata/<key>`, lines `name: value`. Not in extended
/// attributes, although those would come and go with the file in one rename: NFS before 4.2 and many appliances have
/// none, ext4 gives one block to all of a file's, and `cp -r`, `zip` and `rsync` without options lose them silently. A
/// tree of its own survives all of these, and with the key's own names in it no name becomes too long.
///
/// The metadata is published before its object; a new object therefore never appears without it. When an object is
/// *replaced* by another with other metadata, a reader (or a crash) between the two renames finds the old bytes with
/// the new metadata. Content objects have no metadata and manifest names are not reused.
///
/// put() does not wait for the disk; make_durable() does, once for everything.
///
/// A file system cannot hold `a` and `a/b` at once: the second put() fails. list() does not descend into linked
/// directories (they could lead in circles), and reads all names of each directory that it enters; of a large one it
/// keeps the next 100,000 for the pages that follow, as long as the directory stays as it is.
std::unique_ptr<ObjectStore> make_directory_store(const DirectoryStoreOptions& options);

/// The temporary files that killed processes left in such a store. Those of puts that are under way look the same:
/// their time, that of the last write, tells them apart.
std::unique_ptr<UploadAdmin> make_directory_upload_admin(const DirectoryStoreOptions& options);

}  // namespace attache
