// Package blobs names what a card image holds that is not ours: the Raspberry
// Pi's kernel, device trees, overlays and firmware, at the versions of go.mod.
//
// It is a module of its own, so that building till does not download them.
// scripts/fetch-blobs fills a folder with them.
package blobs

import (
	_ "github.com/gokrazy/firmware"   // bootcode.bin, start*.elf, fixup*.dat (redistributable, LICENSE.broadcom)
	_ "github.com/gokrazy/kernel.rpi" // vmlinuz, device trees, overlays, modules (GPL-2.0)
)
