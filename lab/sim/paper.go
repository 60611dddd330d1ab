package sim

import "till/checkout"

// paperAsked says that in this shop a receipt is printed where somebody asks for it:
// every other shop is one.
func (w *world) paperAsked() bool { return w.seed%2 == 0 }

// checkAsked holds that where paper is asked for, no receipt prints by itself. A copy
// may be of one that was cut off.
func (w *world) checkAsked(job checkout.Print) {
	if !w.paperAsked() || job.Refund != 0 || job.Copy {
		return
	}
	switch w.terminal.cause.(type) {
	case checkout.Pressed, checkout.Keyed:
		w.premise("receipts: asked for")
	default:
		w.violate("receipts", "receipt %d is printed by %T, and nobody asked for it", job.Sale.Receipt, w.terminal.cause)
	}
}
