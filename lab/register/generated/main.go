// Command generated is a cash register whose client nobody wrote: oapi-codegen makes
// it of docs/protocol/integrator.yaml, in the test that runs it (lab/counter). It has an
// amount paid on a terminal, waits for the end, and says it as JSON.
//
// It is a module of its own, so that nothing of the generator comes to whoever builds till.
package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strconv"

	_ "github.com/oapi-codegen/runtime" // what is generated needs it
)

func main() {
	if err := pay(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func pay(args []string) error {
	if len(args) != 4 {
		return fmt.Errorf("usage: generated URL TOKEN KEY CENTS")
	}
	cents, err := strconv.ParseInt(args[3], 10, 64)
	if err != nil {
		return err
	}
	// The terminal is of the very test that runs this: its certificate is not looked at.
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	client, err := NewClientWithResponses(args[0], WithHTTPClient(&http.Client{Transport: transport}),
		WithRequestEditorFn(func(_ context.Context, r *http.Request) error {
			r.Header.Set("Authorization", "Bearer "+args[1])
			return nil
		}))
	if err != nil {
		return err
	}
	ctx := context.Background()
	put, err := client.PutSaleWithResponse(ctx, args[2], Order{Amount: cents, Currency: "USD"})
	if err != nil {
		return err
	}
	if put.JSON201 == nil {
		return fmt.Errorf("order: %s %s", put.Status(), put.Body)
	}
	wait := 60
	for {
		got, err := client.GetSaleWithResponse(ctx, args[2], &GetSaleParams{Wait: &wait})
		if err != nil {
			return err
		}
		if got.JSON200 == nil {
			return fmt.Errorf("look: %s %s", got.Status(), got.Body)
		}
		if got.JSON200.Final {
			return json.NewEncoder(os.Stdout).Encode(got.JSON200)
		}
	}
}
