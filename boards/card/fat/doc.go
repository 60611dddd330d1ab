// Package fat writes FAT16 volumes, the same bytes for the same files, and
// reads them as an fs.FS.
//
// It exists beside the libraries because each was tried and none is sound for
// what a boot ROM will read: github.com/diskfs/go-diskfs 1.9.4 puts the hour
// of the day into every entry, gives a file below the root the wrong content
// when it is read back, and leaves a volume that fsck.fat repairs;
// github.com/gokrazy/internal/fat has names with one dot only, one copy of the
// table and no size but the content's.
//
// The layout is the one of "Microsoft Extensible Firmware Initiative FAT32
// File System Specification" 1.03 (fatgen103), sections named below.
package fat

// Sizes of a volume, in bytes.
const (
	sectorSize = 512
	entrySize  = 32 // of a directory
)

const (
	rootEntries = 512 // section 3.1, BPB_RootEntCnt: the value for compatibility
	tables      = 2
	// Section 3.5: with fewer clusters it is a FAT12, with more a FAT32. Sixteen
	// away from both ends, as it advises, for readers that count wrongly.
	minClusters = 4085 + 16
	maxClusters = 65524 - 16

	media      = 0xf8   // a fixed disk
	endOfChain = 0xffff // any value from 0xfff8 ends one
	firstEnd   = 0xfff8
	badCluster = 0xfff7
)

// Attributes of a directory entry.
const (
	attrReadOnly  = 0x01
	attrHidden    = 0x02
	attrSystem    = 0x04
	attrLabel     = 0x08
	attrDirectory = 0x10
	attrArchive   = 0x20
	attrLong      = attrReadOnly | attrHidden | attrSystem | attrLabel
)
