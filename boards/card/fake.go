package card

import (
	"bytes"
	"encoding/binary"
	"slices"

	"till/boards"
)

// FakeBlobs stands, in tests, for the folder that scripts/fetch-blobs fills:
// every file of every board by its path, each small and without meaning.
func FakeBlobs() map[string][]byte {
	const modules = "kernel/lib/modules/6.1.0-test/"
	blobs := map[string][]byte{
		"versions": []byte("module test\n\nrequire (\n\tgithub.com/gokrazy/firmware v0.0.0-20260102030405-0123456789ab\n" +
			"\tgithub.com/gokrazy/kernel.rpi v0.0.0-20260203040506-abcdef012345\n)\n"),
		"kernel/vmlinuz":              bytes.Repeat([]byte("kernel"), 10_000),
		"kernel/LICENSE.linux":        []byte("GPL"),
		"kernel/overlays/unused.dtbo": []byte("unused"),
		"firmware/LICENSE.broadcom":   []byte("may be passed on"),
		"firmware/start_db.elf":       []byte("of no use here"),
		modules + "kernel/dvb.ko":     []byte("television"),
		modules + "modules.dep": []byte("kernel/net/brcmfmac.ko: kernel/net/brcmutil.ko\nkernel/net/brcmutil.ko:\n" +
			"kernel/net/brcmfmac-cyw.ko: kernel/net/brcmfmac.ko kernel/net/brcmutil.ko\n" +
			"kernel/net/brcmfmac-wcc.ko: kernel/net/brcmfmac.ko kernel/net/brcmutil.ko\nkernel/dvb.ko:\n"),
	}
	for _, module := range []string{"brcmfmac", "brcmutil", "brcmfmac-cyw", "brcmfmac-wcc"} {
		blobs[modules+"kernel/net/"+module+".ko"] = []byte("module " + module)
	}
	for _, b := range boards.All() {
		for _, name := range append(slices.Clone(b.Image.First), b.Image.Slot...) {
			blobs["firmware/"+name] = []byte("firmware " + name)
		}
		for _, name := range b.Tree.Blobs {
			blobs["kernel/"+name] = []byte("tree " + name)
		}
		for _, name := range b.Image.Overlays {
			blobs["kernel/overlays/"+name] = []byte("overlay " + name)
		}
	}
	return blobs
}

// FakeProgram is, for tests, as little of an ELF file as CheckProgram and SBOM
// take: for arm64, static, and with a word on the modules in it.
func FakeProgram() []byte {
	const begin, address = 128, 0x10000
	info := fakeBuildInfo("go1.26.0", "path\ttill/cmd/till\nmod\ttill\t(devel)\t\ndep\texample.org/a\tv1.2.3\th1:x=\ndep\texample.org/b\tv0.1.0+incompatible\th1:y=\n")
	b := make([]byte, begin, begin+len(info))
	copy(b, "\x7fELF\x02\x01\x01")
	le := binary.LittleEndian
	le.PutUint16(b[16:], 2)   // executable
	le.PutUint16(b[18:], 183) // AArch64
	le.PutUint32(b[20:], 1)
	le.PutUint64(b[32:], 64) // where the program headers are
	le.PutUint16(b[52:], 64)
	le.PutUint16(b[54:], 56)
	le.PutUint16(b[56:], 1)
	le.PutUint32(b[64:], 1) // to be loaded,
	le.PutUint32(b[68:], 6) // readable and writable
	le.PutUint64(b[72:], begin)
	le.PutUint64(b[80:], address)
	le.PutUint64(b[96:], uint64(len(info)))
	le.PutUint64(b[104:], uint64(len(info)))
	return append(b, info...)
}

// fakeBuildInfo is in the form that debug/buildinfo reads, of Go 1.18 and later.
func fakeBuildInfo(version, modules string) []byte {
	b := append([]byte("\xff Go buildinf:\x08\x02"), make([]byte, 16)...)
	const frame = "0123456789abcdef" // any 16 bytes stand before and behind the modules
	for _, text := range []string{version, frame + modules + frame} {
		b = binary.AppendUvarint(b, uint64(len(text)))
		b = append(b, text...)
	}
	return b
}
