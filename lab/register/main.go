// Command register is a cash register in a few lines: it has one amount paid on
// a terminal. docs/integrator.md tells what it does.
package main

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"
)

func main() {
	terminal := flag.String("terminal", "https://127.0.0.1:8444", "the terminal's `address`")
	token := flag.String("token", "", "its `token`")
	pin := flag.String("fingerprint", "", "its certificate's `fingerprint`")
	cents := flag.Int64("cents", 100, "the `amount`")
	flag.Parse()
	if err := pay(*terminal, *token, *pin, *cents); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func pay(terminal, token, pin string, cents int64) error {
	pinned := func(raw [][]byte, _ [][]*x509.Certificate) error {
		if sum := sha256.Sum256(raw[0]); base64.RawURLEncoding.EncodeToString(sum[:]) != pin {
			return errors.New("this is not the terminal that was pinned")
		}
		return nil
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{
		InsecureSkipVerify: true, VerifyPeerCertificate: pinned, //nolint:gosec // the certificate is pinned instead
	}}}
	sale := terminal + "/v1/sales/" + time.Now().UTC().Format("20060102-150405.000")
	order := fmt.Sprintf(`{"reference":"example","amount":%d,"currency":"USD"}`, cents)
	for request, lost := http.MethodPut, 0; ; {
		r, err := http.NewRequest(request, sale+"?wait=30", strings.NewReader(order))
		if err != nil {
			return err
		}
		r.Header.Set("Authorization", "Bearer "+token)
		var s struct {
			Status, Error, Receipt string
			Final                  bool
		}
		answer, err := client.Do(r)
		if err == nil {
			err = errors.Join(json.NewDecoder(answer.Body).Decode(&s), answer.Body.Close())
		}
		switch {
		// What was not answered, or is not known any more, is sent again: it is one sale.
		case err != nil && lost < 60, err == nil && request == http.MethodGet && answer.StatusCode == http.StatusNotFound:
			lost++
			request = http.MethodPut
			time.Sleep(time.Second)
			continue
		case err != nil:
			return err
		case s.Error != "":
			return errors.New(s.Error)
		}
		fmt.Println(s.Status, s.Receipt)
		if s.Final {
			return nil
		}
		request, lost = http.MethodGet, 0
	}
}
