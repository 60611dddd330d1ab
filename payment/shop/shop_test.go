package shop_test

import (
	"errors"
	"strings"
	"testing"

	"till/payment/shop"
)

const hash = "$argon2id$v=19$m=12288,t=3,p=1$7eIUS0jJKuVomNI6gSap+Q$jltbkjM4PUY97fGYd5wgBms2EDjkQ3w2BdaAW52gyWI"

// What is read is written the same again: the gateway's pages write what terminals read.
func TestTextsComeBack(t *testing.T) {
	for _, text := range []string{"6901234567892 / Green tea / 绿茶 / 350", "- / Postcard / 明信片 / 100 @ 0", "- / Bag / Bag / 1 @ 875"} {
		if p, err := shop.ParseProduct(text); err != nil || p.String() != text {
			t.Errorf("%q is read as %+v and written as %q (%v)", text, p, p, err)
		}
	}
	for _, text := range []string{"Food / 食品 @ 0", "Books / 书籍"} {
		if d, err := shop.ParseDepartment(text); err != nil || d.String() != text {
			t.Errorf("%q is read as %+v and written as %q (%v)", text, d, d, err)
		}
	}
	for _, text := range []string{"mei / Mei 梅 / cashier / " + hash, "li / Li / manager / " + hash + " / " + strings.Replace(hash, "jltb", "TREm", 1)} {
		if o, err := shop.ParseOperator(text); err != nil || o.String() != text {
			t.Errorf("%q is read as %+v and written as %q (%v)", text, o, o, err)
		}
	}
}

func TestRefusals(t *testing.T) {
	department := func(s string) error { _, err := shop.ParseDepartments([]string{s}); return err }
	product := func(s ...string) error { _, err := shop.ParseProducts(s); return err }
	for _, c := range []struct {
		got, want error
	}{
		{department("Antidisestablish / 书"), shop.ErrLongLabel},
		{department("Books / 书籍书籍书籍书籍"), shop.ErrLongLabel},
		{department("Stationeryes / 书"), shop.ErrLongWord},
		{department("Food @ 10001"), shop.ErrRate},
		{department(" / 食品"), shop.ErrNames},
		{product("- / Tea / 茶 / 0"), shop.ErrPrice},
		{product("- / Tea / 茶 / 100000000"), shop.ErrPrice},
		{product("- / Tea / 茶 / 1 @ 10001"), shop.ErrRate},
		{product("6 / Tea / 茶 / 1", "6 / Bag / 包 / 2"), shop.ErrTwice},
		{product("Tea"), shop.ErrParts},
		{shop.CheckPercents([]int64{5, 5}), shop.ErrPercents},
		{shop.CheckPercents([]int64{1, 2, 3, 4}), shop.ErrPercents},
		{shop.CheckPercents([]int64{101}), shop.ErrPercents},
		{shop.CheckTenders([]string{"gold"}), shop.ErrTender},
		{shop.CheckTenders(nil), shop.ErrNoTender},
	} {
		if !errors.Is(c.got, c.want) {
			t.Errorf("%v, want %v", c.got, c.want)
		}
	}
	if err := errors.Join(shop.CheckPercents([]int64{1, 50, 100}), shop.CheckTenders([]string{"cash", "alipay"})); err != nil {
		t.Error(err)
	}
}

func FuzzTexts(f *testing.F) {
	for _, text := range []string{"6901234567892 / Green tea / 绿茶 / 350 @ 0", "Food / 食品 @ 0", "mei / Mei / cashier / " + hash, " / / @", "- / a / b / 1@+5"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if p, err := shop.ParseProduct(text); err == nil {
			if again, err := shop.ParseProduct(p.String()); err != nil || again != p {
				t.Errorf("%q: %+v comes back as %+v (%v)", text, p, again, err)
			}
		}
		if d, err := shop.ParseDepartment(text); err == nil {
			if again, err := shop.ParseDepartment(d.String()); err == nil && again != d && !strings.Contains(d.Chinese, "/") {
				t.Errorf("%q: %+v comes back as %+v", text, d, again)
			}
		}
		if o, err := shop.ParseOperator(text); err == nil {
			if again, err := shop.ParseOperator(o.String()); err != nil || again != o {
				t.Errorf("%q: %+v comes back as %+v (%v)", text, o, again, err)
			}
		}
	})
}
