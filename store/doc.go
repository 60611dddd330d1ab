// Package store keeps a terminal's journal and the indexes over it, durably.
//
// # Files
//
// A journal is one folder, and in it one bbolt file per segment, named by epoch
// and first sequence: journal-00001-000000000001.bolt. Records are appended to
// the newest segment; when it has taken its share the next one is begun. The
// others are never written again, and pruning deletes whole files, since
// deleting records would leave a freelist that every later commit rewrites.
// The folder itself is locked (flock), so that one program has it at a time.
//
// A segment is complete in its first transaction: it is made under a name that
// ends in .new, synced, renamed, and its folder synced. What a power cut leaves
// under .new is removed at the next open.
//
// # Layout of a segment, schema 1
//
//	header   "header"    JSON: schema, terminal, epoch, first sequence, the state
//	                     before the first record, first sequences of the earlier segments
//	state    "state"     JSON: last sequence and its hash, last receipt number,
//	                     acknowledged sequence, newest sale; rewritten by every commit
//	records  sequence    8 bytes big-endian -> one record, see encodeRecord
//	live     sale id     -> sequences of the sale's records in this segment,
//	                     while the sale is unfinished
//	sales    sale id     -> the same, once nobody owes the sale a step
//	carried  sale id     -> JSON: the sale as it was when this segment first needed
//	                     it, if it began in an earlier one
//
// Every value but a record has its checksum (CRC-32C) before it; a record is
// covered by the hash chain. A later schema keeps the header where it is, with
// "schema" in it.
//
// So a segment explains itself: a sale is its carried state, if any, and the
// events of its sequences applied in order. Records and indexes change in the
// same commit. header, state and live are small enough for bbolt to keep inside
// its root page, which every commit rewrites anyway: a commit that touches no
// finished sale writes that page, the path to the last record, the freelist and
// the meta page.
//
// # Damage
//
// bbolt maps its file into memory, and trusts it. Before a file is opened its
// header is therefore checked by plain reads (see [Inspect]), and everything
// that looks at mapped pages runs under mapped.guard, which turns a panic and a
// memory fault (a truncated file, an unreadable sector) into ErrDamaged. Records
// are trusted by their hash: every record that is read or folded into a sale was
// checked against the chain.
package store
