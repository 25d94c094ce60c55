#include "deviations.hpp"

namespace attache::vectors {

std::string_view reason(Deviation deviation) {
  switch (deviation) {
    case Deviation::kIntegerRange:
      return "integers outside int64 (mtime) or uint64 (sizes) are refused, never wrapped";
    case Deviation::kNegativeSize:
      return "negative sizes are refused: no file has one";
    case Deviation::kBooleanInteger:
      return "booleans in the place of integers are refused";
    case Deviation::kHashForm:
      return "hashes that are not 32 lower-case hex digits are refused: no object has such a name";
    case Deviation::kNesting:
      return "documents nested deeper than 64 levels are refused";
    case Deviation::kNotUtf8:
      return "text that is not UTF-8 is refused: no manifest file can hold it";
    case Deviation::kManifestNameSeparators:
      return "BUG-1: a downloaded manifest's file name has no backslash and no colon, like that of a snapshot";
    case Deviation::kSameManifestName:
      return "BUG-28: manifests with one file name stay two manifests, and two never share a destination";
    case Deviation::kSameDestination:
      return "two spellings of one destination are one destination, which two manifests must not share";
    case Deviation::kComponentLeavesDestination:
      return "a component that would discard the destination of a mapped path is refused";
    case Deviation::kSigma:
      return "a final sigma is not told from others when Windows paths are compared, as on Windows file systems";
    case Deviation::kGlobOutsideRoot:
      return "patterns that lead, or may lead, outside the root are refused: no manifest of it can hold such files";
    case Deviation::kGlobUp:
      return "'name/..' vanishes from a pattern whether or not a directory of that name exists";
    case Deviation::kGlobCrossesSlash:
      return "`*`, `?` and classes stay within a component of a path, as the design says";
    case Deviation::kGlobBytes:
      return "`?` and classes match a whole character, not a byte of it, as the design says";
    case Deviation::kGlobEscapedBackslash:
      return "a backslash is escaped too: an escaped text matches itself";
    case Deviation::kRootMetacharacters:
      return "BUG-29: metacharacters in the root itself are not interpreted";
    case Deviation::kLinkLoop:
      return "BUG-45: a directory link is not followed into a directory that holds it";
    case Deviation::kExactMicroseconds:
      return "a file's time in nanoseconds is cut off to microseconds exactly, not in floating point";
    case Deviation::kPathsNotNormalised:
      return "BUG-35: a path of a manifest that is not normalised is compared as it is, and no file has it";
    case Deviation::kWrongType:
      return "fields of another type than the format says are refused, not taken for absent";
    case Deviation::kHashAlgorithm:
      return "another `hashAlg` than xxh128 is refused";
    case Deviation::kNoPaths:
      return "a v2023-03-03 manifest without an entry is refused, as the incumbent does";
    case Deviation::kReferenceForm:
      return "`$N/` is refused unless N is a plain decimal and the directory is there";
    case Deviation::kPathForm:
      return "paths with empty, `.`, `..` or NUL components, of the other path style or beyond the limits are refused";
    case Deviation::kOneEntryPerPath:
      return "a path that occurs twice, is live as both file and directory or lies below a deleted directory is "
             "refused";
    case Deviation::kAlwaysValidated:
      return "decode refuses what validation refuses: fields that are missing, too many or contradictory";
    case Deviation::kRootTargets:
      return "link targets are relative to the root (or absolute, in an absolute manifest), not to the link's "
             "directory";
    case Deviation::kLinksLeaveRoot:
      return "links that lead out of the root are refused, at any depth";
    case Deviation::kPythonJson:
      return "what Python's json reads is read: halves of surrogate pairs, NaN and Infinity";
    case Deviation::kImpliedAncestors:
      return "every directory above an entry is implied: it is written, kept, and deleted by a diff like a listed one";
    case Deviation::kComponents:
      return "paths are compared by components: a file `ab` is not in the directory `a`";
    case Deviation::kDeletesWhatIsEmpty:
      return "a diff deletes a directory only if it is empty by then: it lists what it deletes in it";
    case Deviation::kLaterKind:
      return "a file and a directory do not stand at one path: the later takes the place of the earlier";
    case Deviation::kFilterSyntax:
      return "a filter's patterns have braces, backslash escapes and vanishing components, as the design says";
    case Deviation::kEmptyDirectories:
      return "a filter keeps directories that are empty in its input if it selects their paths";
    case Deviation::kInnerStars:
      return "`**` within a component is two `*`, as in the glob filter of the same design";
    case Deviation::kRootIsDirectory:
      return "`/` is a directory like others, and what is moved below it or out of it changes its path style";
    case Deviation::kEntriesOutside:
      return "to_relative refuses entries outside of the root, which would keep absolute paths";
    case Deviation::kLinksLeavePart:
      return "a link that leads out of the part that is cut out is refused, or left out and reported";
    case Deviation::kOverlappingRoots:
      return "roots of a partition that lie in each other are refused";
    case Deviation::kPartRootForm:
      return "roots of parts are reported without a final slash";
    case Deviation::kPartRoots:
      return "a root that is not given is the deepest directory that holds all, by components and empty directories "
             "included";
    case Deviation::kMixedMerge:
      return "only manifests of one kind and path style are merged";
    case Deviation::kMergedDiffs:
      return "diffs are merged to one with their parent that does what they do, and only diffs of one parent by time";
    case Deviation::kCacheNeverFails:
      return "BUG-9: a cache file that cannot be used is set aside, or done without, with a warning";
    case Deviation::kCacheHashForm:
      return "a cached hash that is not 32 lower-case hex digits is a miss";
    case Deviation::kCacheTimeForm:
      return "a cached time that is no text as the incumbent writes it is of no file, and a miss";
    case Deviation::kCachePathForm:
      return "a cached path that no file of this system can have is never looked up";
    case Deviation::kOtherCaches:
      return "caches are the incumbent's; tables of other programs in the same file are left alone";
    case Deviation::kFollowedLinks:
      return "a link that is followed is what it leads to, not a link with that one's size, and a directory with its "
             "files";
    case Deviation::kPatternLists:
      return "a configuration whose patterns are no lists of texts is refused";
    case Deviation::kFailureIsNotAbsence:
      return "an object that could not be asked for is not taken for absent";
    case Deviation::kSpaceIsReserved:
      return "a disk's free space is not looked at before: files are written with their space reserved";
    case Deviation::kUnnamedFirst:
      return "BUG-7: of groups with one root the one without a location is first";
    case Deviation::kOneSlash:
      return "a local path that begins with two slashes is the one with one slash, as for the system";
    case Deviation::kTwoSlashes:
      return "a POSIX path that begins with two slashes is another than the one with one slash, as in the incumbent";
    case Deviation::kDirectoryInputs:
      return "a directory that is given as an input file is refused, whether or not paths must exist";
    case Deviation::kMissingBelowShared:
      return "what must exist must exist below SHARED locations, too, as in the incumbent";
    case Deviation::kRelativeSource:
      return "a relative path is not below an absolute source";
    case Deviation::kBackslashIsCharacter:
      return "in a POSIX path a backslash is a character";
    case Deviation::kNormalResult:
      return "results are in normal form: no repeated separator, no `.` component";
    case Deviation::kDotForNothing:
      return "a directory seen from itself is written `.`, not as an empty text";
    case Deviation::kOutputsOutside:
      return "an output directory outside of its root is refused, not left out";
    case Deviation::kNothingToBring:
      return "an empty list of output directories is left out, as in the incumbent";
    case Deviation::kSortedDirectories:
      return "output directories are sorted";
    case Deviation::kEmptyRoot:
      return "a manifest's path below an empty root is refused";
    case Deviation::kAggregationLosesNothing:
      return "BUG-38: statistics that are added keep roots without files, and the files of both";
    case Deviation::kFormatAsLocation:
      return "BUG-2: the path format of a rule is not stored as the name of a file system location";
    case Deviation::kLocationCannotBeSent:
      return "BUG-4: a file system location name that metadata cannot carry is refused before anything is sent";
    case Deviation::kControlCharacters:
      return "a root with control characters is stored in its JSON form, as metadata cannot carry them";
    case Deviation::kPrefixLooksLikeTask:
      return "BUG-14: steps and tasks are looked for behind the job's id, whatever the root prefix holds";
    case Deviation::kObjectInTaskFolder:
      return "an object in the folder of a task itself does not hide the folders of its session actions";
    case Deviation::kWholeSessionAction:
      return "BUG-15: a session action's id is compared whole";
    case Deviation::kLineBreakAtEnd:
      return "an id with a line break at its end is none";
    case Deviation::kRenamedBelowDirectory:
      return "BUG-21: a file whose path is taken in a common root is renamed in its directory";
    case Deviation::kRenamedStaysUnique:
      return "a file that is renamed in a common root gets a name that no other file has";
    case Deviation::kLatestByName:
      return "of two session folders of a task the greatest name counts, as in the incumbent, with a warning where the "
             "store's times disagree; --latest-by modified chooses the other";
    case Deviation::kNoRootPrefix:
      return "job attachments always lie below a root prefix, as in the incumbent";
    case Deviation::kIncumbentMetadata:
      return "metadata is the incumbent's: JSON texts are ASCII, and one that is none is refused";
    case Deviation::kContentTypeBySpec:
      return "the content type of a v2025-12 manifest names its specification";
    case Deviation::kShareRoots:
      return "a path of Windows that is a share, or begins like one, is shown as that system's path type writes it";
    case Deviation::kSizeVerified:
      return "BUG-18: an object of another size than the manifest says makes no file";
    case Deviation::kHashVerified:
      return "BUG-19: an object whose bytes have another hash makes no file";
    case Deviation::kExactTimes:
      return "BUG-17: times are restored to the microsecond";
    case Deviation::kNoPlaceholder:
      return "a download that fails leaves no empty file under a new name";
    case Deviation::kStopsAtFailure:
      return "a download that fails stops, or does not begin: what it had not begun is not made";
    case Deviation::kLongNames:
      return "a name of up to 255 bytes is written, whatever its characters: no temporary name is made of it";
    case Deviation::kRaceForNames:
      return "BUG-20: where a copy may take the name of another file of the download, no race decides, and none is "
             "lost";
    case Deviation::kNameTooLong:
      return "a name that the file system cannot hold is refused before anything is written";
    case Deviation::kVerifiedSizes:
      return "an object of another size is sent again: it cannot have the content";
    case Deviation::kSnapshotCounts:
      return "BUG-39: files that are copied into a snapshot directory are counted";
    case Deviation::kSnapshotHolds:
      return "what a snapshot directory holds already is not copied into it again";
    case Deviation::kLinksHashed:
      return "a link and the file that it leads to are two files, and both are hashed";
    case Deviation::kSentOnce:
      return "a content that several files have is sent once, and the others are skipped";
    case Deviation::kDataFirst:
      return "data is stored before the manifest that names it";
    case Deviation::kConditionalPut:
      return "a small new object takes one request: it is sent on condition that it is not there";
    case Deviation::kMissingSource:
      return "BUG-12: a missing file is found before anything is sent, and never reported as uploaded";
    case Deviation::kKeyLayout:
      return "keys have the incumbent's layout: Data and Manifests below the root prefix";
    case Deviation::kNotAFile:
      return "a directory where a file is to be written is found before anything is";
    case Deviation::kExactRanges:
      return "an object whose size is known is asked for whole, or in ranges that end where it ends";
    case Deviation::kDeletedOnce:
      return "a path that a manifest has twice is deleted once";
  }
  return "unknown";
}

}  // namespace attache::vectors
