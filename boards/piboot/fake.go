package piboot

import (
	"encoding/binary"
	"maps"
	"slices"
)

// FakeFAT is a FAT12 file system of so many bytes with these files in its root
// folder, for tests. Names are short ones, 8 and 3 characters in upper case.
// Of what does not fit, it panics.
func FakeFAT(size int64, files map[string][]byte) []byte {
	const reserved, tables, perTable, entries = 1, 1, 12, 512
	const data = reserved + tables*perTable + entries*32/SectorSize
	b := make([]byte, size)
	le := binary.LittleEndian
	copy(b, "\xEB\x3C\x90till    ")
	le.PutUint16(b[11:], SectorSize)
	b[13] = 1
	le.PutUint16(b[14:], reserved)
	b[16] = tables
	le.PutUint16(b[17:], entries)
	le.PutUint16(b[19:], uint16(min(size/SectorSize, 4000)))
	b[21] = 0xF8
	le.PutUint16(b[22:], perTable)
	b[510], b[511] = 0x55, 0xAA

	table, root := b[reserved*SectorSize:], b[(reserved+tables*perTable)*SectorSize:]
	set := func(n, v int) {
		at, v16 := n*3/2, le.Uint16(table[n*3/2:])
		if n&1 == 1 {
			v16 = v16&0x000F | uint16(v)<<4
		} else {
			v16 = v16&0xF000 | uint16(v)
		}
		le.PutUint16(table[at:], v16)
	}
	set(0, 0xFF8)
	set(1, 0xFFF)
	next := 2
	for i, name := range slices.Sorted(maps.Keys(files)) {
		content, e := files[name], root[32*i:]
		base, ext := name, ""
		if dot := slices.Index([]byte(name), '.'); dot >= 0 {
			base, ext = name[:dot], name[dot+1:]
		}
		copy(e, "           ")
		copy(e[:8], base)
		copy(e[8:11], ext)
		le.PutUint16(e[26:], uint16(next))
		le.PutUint32(e[28:], uint32(len(content)))
		for at := 0; at < len(content) || at == 0; at += SectorSize {
			copy(b[(data+next-2)*SectorSize:][:SectorSize], content[at:])
			if at+SectorSize < len(content) {
				set(next, next+1)
			} else {
				set(next, 0xFFF)
			}
			next++
		}
	}
	return b
}

// FakeCard is a card in slots, for tests: partition 1 of 64 KiB with
// autoboot.txt and what first says, and two slots of slotSize bytes with this in them.
func FakeCard(first map[string][]byte, slotSize int64, a, b []byte) []byte {
	files := maps.Clone(first)
	if files == nil {
		files = map[string][]byte{}
	}
	files["AUTOBOOT.TXT"] = Autoboot{Partition: SlotA, Try: SlotB, Whole: true}.Text()
	const bootSize, begin = 64 << 10, 8 * SectorSize
	card := make([]byte, begin+bootSize+2*slotSize)
	at := int64(begin)
	for i, p := range []struct {
		size    int64
		content []byte
	}{{bootSize, FakeFAT(bootSize, files)}, {slotSize, a}, {slotSize, b}} {
		entry := card[446+16*i:]
		entry[4] = 0x0C
		binary.LittleEndian.PutUint32(entry[8:], uint32(at/SectorSize))
		binary.LittleEndian.PutUint32(entry[12:], uint32(p.size/SectorSize))
		copy(card[at:at+p.size], p.content)
		at += p.size
	}
	card[510], card[511] = 0x55, 0xAA
	return card
}
