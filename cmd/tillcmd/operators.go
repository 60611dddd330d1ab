package tillcmd

import (
	"bufio"
	"crypto/subtle"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"till/checkout"
	"till/payment"
	"till/payment/pin"
	"till/payment/shop"
	"till/words"
)

// Operators are who may sign on, and how.
type Operators struct {
	All       []shop.Operator
	Manager   pin.Hash      // of a manager who is not among them; zero: there is none
	Plain     string        // likewise, where the configuration has the digits themselves
	Auto      string        // id of who is signed on at each start
	LockAfter time.Duration // untouched for so long, whoever is signed on is signed off; 0: never
}

func operatorSettings() map[string]setting {
	return map[string]setting{
		"operators":   {false, operators},
		"manager_pin": {false, text(managerPIN)},
		"sign_on.auto": {false, text(func(c *Config, s string) error {
			c.Operators.Auto = s
			return shop.CheckOperatorID(s)
		})},
		"sign_on.lock_after": {false, number(1, 1440, func(c *Config, n int64) { c.Operators.LockAfter = time.Duration(n) * time.Minute })},
	}
}

// managerPIN takes digits, or better their hash.
func managerPIN(c *Config, s string) (err error) {
	if strings.HasPrefix(s, "$") {
		c.Operators.Manager, err = pin.Parse(s)
		return err
	}
	if err := pin.Check(s); err != nil {
		return err
	}
	c.Operators.Plain = s
	return nil
}

func operators(c *Config, value any) error {
	all, err := texts(value)
	if err == nil {
		c.Operators.All, err = shop.ParseOperators(all)
	}
	return err
}

// checkOperators says what does not go together, and under which key.
func checkOperators(o Operators) (key string, err error) {
	if o.Auto != "" && o.named(o.Auto).ID == "" {
		return "sign_on.auto", fmt.Errorf("%s is none of the operators", o.Auto)
	}
	if o.LockAfter > 0 && len(o.All) == 0 {
		return "sign_on.lock_after", errors.New("there are no operators to sign off: the key operators names them")
	}
	return "", nil
}

func (o Operators) named(id string) payment.Operator {
	for _, x := range o.All {
		if x.ID == id {
			return x.Operator
		}
	}
	return payment.Operator{}
}

// managed says that there is a manager to ask.
func (o Operators) managed() bool {
	for _, x := range o.All {
		if x.Role == payment.Manager {
			return true
		}
	}
	return !o.Manager.Zero() || o.Plain != ""
}

// managerID is of the manager who is known by manager_pin alone.
const managerID = "manager"

// Identify is whose PIN or badge it is.
func (o Operators) Identify(secret string) (payment.Operator, bool) {
	who := []payment.Operator{{ID: managerID, Name: words.Say(words.English, "operator_manager"), Role: payment.Manager}}
	if o.Plain != "" && subtle.ConstantTimeCompare([]byte(secret), []byte(o.Plain)) == 1 {
		return who[0], true
	}
	hashes := []pin.Hash{o.Manager}
	for _, x := range o.All {
		who, hashes = append(who, x.Operator, x.Operator), append(hashes, x.PIN, x.Badge)
	}
	if n := pin.Find(secret, hashes); n >= 0 {
		return who[n], true
	}
	return payment.Operator{}, false
}

var _ checkout.Guard = Operators{}

// pinTitle is what the screens say that ask for a PIN.
func (t *terminal) pinTitle(s checkout.State, lang words.Lang) (title, detail string) {
	if s.Screen == checkout.SignOn {
		return words.Say(lang, "sign_on_title"), words.Say(lang, "sign_on_detail")
	}
	return "", words.Say(lang, words.Key("pin_to_"+string(s.Purpose)))
}

// pinCommand prints the hash of a PIN or a badge for a configuration.
func pinCommand(args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("till pin", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // the error says it; main prints it once
	badge := flags.Bool("badge", false, "hash a badge's text instead of a PIN")
	like := flags.String("like", "", "a `hash` of the same shop: operators are told apart sooner if all have its salt")
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("till pin: %w; see till help", err)
	}
	if flags.NArg() > 0 {
		return errors.New("till pin: a PIN is read from standard input and is no argument, where others could read it; see till help")
	}
	salt := pin.NewSalt()
	if *like != "" {
		h, err := pin.Parse(*like)
		if err != nil {
			return fmt.Errorf("till pin: -like: %w", err)
		}
		if s, ok := h.Salt(); ok {
			salt = s
		}
	}
	what := "PIN: "
	if *badge {
		what = "Badge, as the scanner reads it: "
	}
	if _, err := io.WriteString(stderr, what); err != nil {
		return fmt.Errorf("till pin: %w", err)
	}
	line, err := bufio.NewReader(io.LimitReader(stdin, 256)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("till pin: read it: %w", err)
	}
	secret := strings.TrimSpace(line)
	if err := checkSecret(secret, *badge); err != nil {
		return fmt.Errorf("till pin: %w", err)
	}
	_, err = fmt.Fprintln(stdout, pin.New(secret, salt))
	return err
}

func checkSecret(secret string, badge bool) error {
	if !badge {
		return pin.Check(secret)
	}
	if _, err := payment.ParseCode([]byte(secret)); err == nil {
		return errors.New("that is a customer's payment code; a badge has another text")
	}
	if len(secret) < payment.MinBadge || len(secret) > payment.MaxBadge {
		return fmt.Errorf("a badge has %d to %d letters, digits and signs; make them up at random", payment.MinBadge, payment.MaxBadge)
	}
	return nil
}
