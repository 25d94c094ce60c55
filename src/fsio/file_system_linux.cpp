#include <attache/fsio/file_system.hpp>

#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace attache {

namespace {

// f_type values, from the kernel's magic.h and from the file systems that are not in it. FUSE may be local (ntfs-3g)
// or not (sshfs, s3fs, mountpoint-s3): it does not say.
constexpr std::array<std::uint32_t, 16> kRemote = {
    0x00006969,  // NFS
    0x0000517b,  // SMB (old)
    0xff534d42,  // CIFS
    0xfe534d42,  // SMB2
    0x65735546,  // FUSE
    0x01021997,  // 9P
    0x5346414f,  // AFS, OpenAFS
    0x6b414653,  // AFS of the kernel
    0x73757245,  // Coda
    0x00c36400,  // Ceph
    0x0bd00bd0,  // Lustre
    0x47504653,  // GPFS
    0x01161970,  // GFS2
    0x7461636f,  // OCFS2
    0xaad7aaea,  // PanFS
    0x0000564c,  // NCP
};

}  // namespace

bool may_be_remote_file_system(const std::string& path) {
  struct statfs status {};
  if (::statfs(path.c_str(), &status) != 0) return false;
  return std::find(kRemote.begin(), kRemote.end(), static_cast<std::uint32_t>(status.f_type)) != kRemote.end();
}

}  // namespace attache
