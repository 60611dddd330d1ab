package scanner

import "encoding/binary"

// Modules of the class of Grow's GM67, GM72 and GM73 speak as Zebra's Simple
// Serial Interface does:
//
//	length opcode source status data…  checkHigh checkLow
//
// length counts itself and not the check, which is the two's complement of the
// sum of all bytes before it. The source is 04 of the host and 00 of the module.
// A sleeping module is woken by a byte 00 and 50 ms of patience.
// Sources: GM72 manual; public GM67 drivers, whose bytes the tests repeat.

const (
	ssiHost   = 0x04
	ssiModule = 0x00

	ssiSetParameter = 0xC6
	ssiAck          = 0xD0
	ssiNak          = 0xD1

	ssiPermanent = 0x08 // status: a parameter is kept over power cuts
	ssiTrigger   = 0x8A // parameter: what begins a scan, see Trigger.ssiMode

	ssiLeast = 4 // bytes of a frame without data, less its check
	ssiMost  = 8 // of an answer to a command of ours; from 9 on a length would be a TAB, LF or CR
)

// ssiCommand is a command with its check.
func ssiCommand(opcode, status byte, data ...byte) []byte {
	frame := append([]byte{byte(ssiLeast + len(data)), opcode, ssiHost, status}, data...)
	return binary.BigEndian.AppendUint16(frame, ssiCheck(frame))
}

func ssiCheck(frame []byte) uint16 {
	var sum uint16
	for _, b := range frame {
		sum += uint16(b)
	}
	return -sum
}

// ssiFrame measures the answer that b begins with, as gmFrame does.
func ssiFrame(b []byte) int {
	if b[0] < ssiLeast || b[0] > ssiMost {
		return -1
	}
	if len(b) > 1 && b[1] != ssiAck && b[1] != ssiNak {
		return -1
	}
	if len(b) > 2 && b[2] != ssiModule {
		return -1
	}
	total := int(b[0]) + 2
	if len(b) < 3 || len(b) < total {
		return 0
	}
	if binary.BigEndian.Uint16(b[total-2:]) != ssiCheck(b[:total-2]) {
		return -1
	}
	return total
}
