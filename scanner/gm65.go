package scanner

import "encoding/binary"

// Serial modules of the class of Hangzhou Grow's GM65 (GM60, GM65, GM805, GM812,
// GM861 and their clones) take commands on the line that scans come by:
//
//	7E 00  type length addressHigh addressLow data…  crcHigh crcLow
//
// and answer on it:
//
//	02 00  status length data…  crcHigh crcLow
//
// with 03 in place of 02 for a heartbeat. The check is CRC-16/XMODEM from the
// type (or status) on; AB CD in its place is not checked. Length 0 is 256.
// Sources: the makers' manuals as read by saadimalik211/cv-scanner (serialdoc.md),
// cryptoadvance/specter-diy (src/hosts/qr.py) and DFRobot_GM60.

const (
	gmHead       = 0x7E
	gmRead       = 0x07 // data: how many zones
	gmWrite      = 0x08
	gmSave       = 0x09 // all zones, to flash
	gmReply      = 0x02
	gmAlive      = 0x03 // to a heartbeat
	gmOK         = 0x00 // status
	gmUnchecked  = 0xABCD
	gmReplyFrame = 6 // bytes of a reply besides its data
)

// Zones of a GM65.
const (
	gmZoneMode = 0x0000 // bits 0 and 1: what begins a scan, see Trigger.gmMode
	// gmZoneSetup: bit 1 switches setup codes off (DFRobot_GM60 setupCode, and
	// 01 and 03 of its GM65 library). Else anybody can reconfigure the scanner by
	// showing it a printed code, such as one that makes it a keyboard.
	gmZoneSetup = 0x0003
	gmZoneAIM   = 0x00D0 // bit 7: the AIM identifier goes in front of a scan
)

// gmCommand is a command with its check.
func gmCommand(kind byte, zone uint16, data ...byte) []byte {
	frame := []byte{gmHead, 0, kind, byte(len(data)), byte(zone >> 8), byte(zone)}
	frame = append(frame, data...)
	return binary.BigEndian.AppendUint16(frame, crc16(frame[2:]))
}

// crc16 is CRC-16/XMODEM: polynomial 0x1021, from 0.
func crc16(data []byte) uint16 {
	var crc uint16
	for _, b := range data {
		crc ^= uint16(b) << 8
		for range 8 {
			if crc&0x8000 != 0 {
				crc = crc<<1 ^ 0x1021
			} else {
				crc <<= 1
			}
		}
	}
	return crc
}

// gmFrame measures the reply that b begins with: its length, 0 if more bytes
// are needed to tell, -1 if b is no reply.
func gmFrame(b []byte) int {
	if b[0] != gmReply && b[0] != gmAlive {
		return -1
	}
	if len(b) > 1 && b[1] != 0 {
		return -1
	}
	if len(b) < 4 {
		return 0
	}
	length := int(b[3])
	if length == 0 {
		length = 256
	}
	total := gmReplyFrame + length
	if len(b) < total {
		return 0
	}
	check := binary.BigEndian.Uint16(b[total-2:])
	if check != gmUnchecked && check != crc16(b[2:total-2]) {
		return -1
	}
	return total
}

// gmStatus takes a whole reply apart.
func gmStatus(frame []byte) (status byte, data []byte) {
	return frame[2], frame[4 : len(frame)-2]
}
