package bench

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"sync"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"
	bolt "go.etcd.io/bbolt"

	"till/sync/wire"
)

// standIn is a broker and a ledger in one, on loopback, for one client at a
// time: what the firmware needs to have its journal acknowledged, and no more.
// As with a real broker a PUBACK says nothing of the ledger; as with a real
// ledger a record is acknowledged once it follows the chain and is committed to
// disk, many in one commit where many have come.
type standIn struct {
	listener net.Listener
	db       *bolt.DB

	mu    sync.Mutex
	heads map[string]head // by terminal
	conns map[net.Conn]bool
	done  bool
	fault error // the first, of any connection
	wait  sync.WaitGroup
}

// head is how far the ledger has a terminal's journal.
type head struct {
	epoch uint32
	seq   uint64
	hash  wire.Hash
}

const (
	// maxPacket bounds an MQTT packet's content, in bytes: the largest message, its topic, and room.
	maxPacket = wire.MaxMessage + 1024
	// maxWaiting bounds the uploads that wait for the ledger, in messages.
	maxWaiting = 64
)

// startStandIn serves on an address of its own, with its ledger in folder.
func startStandIn(folder string) (*standIn, error) {
	db, err := bolt.Open(filepath.Join(folder, "stand-in.bolt"), 0o600, &bolt.Options{Timeout: time.Second})
	if err != nil {
		return nil, fmt.Errorf("open the stand-in's ledger: %w", err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start the stand-in of a broker: %w", err), db.Close())
	}
	s := &standIn{listener: listener, db: db, heads: map[string]head{}, conns: map[net.Conn]bool{}}
	s.wait.Go(s.accept)
	return s, nil
}

// address is where a client finds it.
func (s *standIn) address() string { return "tcp://" + s.listener.Addr().String() }

// err is the first thing that went wrong with a client.
func (s *standIn) err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fault
}

func (s *standIn) close() error {
	s.listener.Close()
	s.mu.Lock()
	s.done = true
	for c := range s.conns {
		c.Close()
	}
	s.mu.Unlock()
	s.wait.Wait()
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("close the stand-in's ledger: %w", err)
	}
	return nil
}

func (s *standIn) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return // closed
		}
		s.mu.Lock()
		s.conns[conn] = true
		done := s.done
		s.mu.Unlock()
		if done {
			conn.Close()
			return
		}
		s.wait.Go(func() {
			err := s.serve(conn)
			s.mu.Lock()
			defer s.mu.Unlock()
			delete(s.conns, conn)
			if s.fault == nil && !s.done {
				s.fault = err
			}
		})
	}
}

// client is one connection. Its writer is flushed when nothing more is to be
// answered at once.
type client struct {
	in      *bufio.Reader
	mu      sync.Mutex
	out     *bufio.Writer
	uploads chan upload
}

type upload struct {
	terminal string
	payload  []byte
}

// serve talks to one client until it goes, nil if it went in order.
func (s *standIn) serve(conn net.Conn) error {
	c := &client{in: bufio.NewReaderSize(conn, 64<<10), out: bufio.NewWriterSize(conn, 64<<10), uploads: make(chan upload, maxWaiting)}
	ended := make(chan error, 1)
	go func() {
		err := s.keep(c)
		if err != nil {
			conn.Close() // the reader ends too
		}
		ended <- err
		for range c.uploads { // nobody is to wait for a ledger that has failed
		}
	}()
	err := s.read(c)
	close(c.uploads)
	kept := <-ended
	conn.Close()
	if kept != nil {
		return kept
	}
	if errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

func (s *standIn) read(c *client) error {
	for {
		packet, err := readPacket(c.in)
		if err != nil {
			return err
		}
		var answer packets.ControlPacket
		switch p := packet.(type) {
		case *packets.ConnectPacket:
			answer = packets.NewControlPacket(packets.Connack)
		case *packets.SubscribePacket:
			ack := packets.NewControlPacket(packets.Suback).(*packets.SubackPacket)
			ack.MessageID, ack.ReturnCodes = p.MessageID, p.Qoss
			answer = ack
		case *packets.PingreqPacket:
			answer = packets.NewControlPacket(packets.Pingresp)
		case *packets.PublishPacket:
			if p.Qos == 1 {
				ack := packets.NewControlPacket(packets.Puback).(*packets.PubackPacket)
				ack.MessageID = p.MessageID
				if err := c.send(ack, c.in.Buffered() == 0); err != nil {
					return err
				}
			}
			if err := s.published(c, p); err != nil {
				return err
			}
		case *packets.DisconnectPacket:
			return nil
		}
		if answer != nil {
			if err := c.send(answer, true); err != nil {
				return err
			}
		}
	}
}

func (c *client) send(p packets.ControlPacket, flush bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := p.Write(c.out); err != nil {
		return fmt.Errorf("answer a client: %w", err)
	}
	if !flush {
		return nil
	}
	if err := c.out.Flush(); err != nil {
		return fmt.Errorf("answer a client: %w", err)
	}
	return nil
}

// readPacket reads one packet of at most maxPacket bytes (MQTT 3.1.1, section 2.2).
func readPacket(r *bufio.Reader) (packets.ControlPacket, error) {
	first, err := r.ReadByte()
	if err != nil {
		return nil, err // between two packets: the client went
	}
	length, err := binary.ReadUvarint(r) // the encoding of MQTT, which allows four bytes of it
	if err != nil || length > maxPacket {
		return nil, fmt.Errorf("an MQTT packet of %d bytes, at most %d are read: %w", length, maxPacket, errors.Join(err, errPacket))
	}
	header := packets.FixedHeader{
		MessageType: first >> 4, Dup: first&8 != 0, Qos: first >> 1 & 3, Retain: first&1 != 0, RemainingLength: int(length),
	}
	packet, err := packets.NewControlPacketWithHeader(header)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errPacket, err)
	}
	body := make([]byte, length) // Unpack counts on having all of it at hand
	if _, err := io.ReadFull(r, body); err != nil {
		return nil, fmt.Errorf("%w: %w", errPacket, err)
	}
	if err := packet.Unpack(bytes.NewReader(body)); err != nil {
		return nil, fmt.Errorf("%w: %w", errPacket, err)
	}
	return packet, nil
}

var errPacket = errors.New("cannot read an MQTT packet")

// published takes a message. Those on other topics than a terminal's are
// nobody's, as at any broker without a subscriber.
func (s *standIn) published(c *client, p *packets.PublishPacket) error {
	terminal, channel, err := wire.ParseTopic(p.TopicName)
	if err != nil {
		return nil //nolint:nilerr // nobody listens there
	}
	switch channel {
	case wire.Journal:
		c.uploads <- upload{terminal, p.Payload}
	case wire.Requests:
		q, err := wire.Decode[wire.Request](p.Payload)
		if err != nil {
			return err
		}
		if q.Op == wire.Hello && q.Position != nil {
			return s.acknowledge(c, terminal, wire.Acknowledgement{
				Epoch: q.Position.Epoch, Seq: s.head(terminal, q.Position.Epoch).seq, Clock: wire.Clock{Time: time.Now(), Echo: q.Sent},
			})
		}
	}
	return nil
}

func (s *standIn) acknowledge(c *client, terminal string, a wire.Acknowledgement) error {
	payload, err := wire.Encode(a)
	if err != nil {
		return err
	}
	p := packets.NewControlPacket(packets.Publish).(*packets.PublishPacket)
	p.TopicName, p.Payload = wire.Ack.Topic(terminal), payload
	return c.send(p, true)
}

func (s *standIn) head(terminal string, epoch uint32) head {
	s.mu.Lock()
	defer s.mu.Unlock()
	if h, ok := s.heads[terminal]; ok && h.epoch == epoch {
		return h
	}
	return head{epoch: epoch, hash: wire.Genesis(terminal, epoch)}
}

// keep is the ledger: it commits what has come, and then acknowledges it.
func (s *standIn) keep(c *client) error {
	for first := range c.uploads {
		batch := []upload{first}
		for more := true; more && len(batch) < maxWaiting; {
			select {
			case u, ok := <-c.uploads:
				if more = ok; ok {
					batch = append(batch, u)
				}
			default:
				more = false
			}
		}
		acks := map[string]wire.Acknowledgement{}
		err := s.db.Update(func(tx *bolt.Tx) error {
			for _, u := range batch {
				ack, err := s.enter(tx, u)
				if err != nil {
					return err
				}
				acks[u.terminal] = ack
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("commit to the stand-in's ledger: %w", err)
		}
		for terminal, ack := range acks {
			if err := s.acknowledge(c, terminal, ack); err != nil {
				return err
			}
		}
	}
	return nil
}

// enter writes an upload's records that follow. The heads move before the
// commit returns; whoever asks meanwhile asks over the same connection, and a
// commit that fails ends that.
func (s *standIn) enter(tx *bolt.Tx, u upload) (wire.Acknowledgement, error) {
	message, err := wire.Decode[wire.Upload](u.payload)
	if err != nil {
		return wire.Acknowledgement{}, err
	}
	bucket, err := tx.CreateBucketIfNotExists([]byte(u.terminal))
	if err != nil {
		return wire.Acknowledgement{}, err
	}
	bucket.FillPercent = 0.95 // sequences only grow
	h := s.head(u.terminal, message.Epoch)
	again := false
	for _, r := range message.Records {
		if r.Seq <= h.seq {
			continue
		}
		if r.Follows(h.hash, h.seq+1) != nil {
			again = true
			break
		}
		if err := bucket.Put(binary.BigEndian.AppendUint64(nil, r.Seq), append(r.Hash[:], r.Body...)); err != nil {
			return wire.Acknowledgement{}, err
		}
		h.seq, h.hash = r.Seq, r.Hash
	}
	s.mu.Lock()
	s.heads[u.terminal] = h
	s.mu.Unlock()
	return wire.Acknowledgement{Epoch: message.Epoch, Seq: h.seq, Again: again}, nil
}
