package sim

// FaultKinds are all faults that strike a simulated shop. A run in which one of
// them never does has tried less than it says.
func FaultKinds() []string {
	return []string{
		"acknowledgement of an earlier epoch",
		"acquirer did not hear",
		"acquirer down",
		"acquirer silent",
		"acquirer's answer late",
		"acquirer's answer lost",
		"broker restart",
		"cable out",
		"gateway cut after a commit",
		"gateway cut before a commit",
		"gateway restart",
		"impatient cashier",
		"late money",
		"message held up",
		"message lost",
		"message repeated",
		"message slow",
		"notification lost",
		"paper out",
		"power cut",
		"power cut after a commit",
		"power cut at a command",
		"power cut before a commit",
		"power cut inside a commit",
		"power cut while printing",
		"printer dies mid-receipt",
		"printer lost before it said so",
		"printer out of paper",
		"reversal refused",
		"rubbish scanned",
	}
}

// PremiseKinds are what the laws need to have something to hold. A law whose
// premise never arose has not been tried.
func PremiseKinds() []string {
	return []string{
		"commands: done",
		"commands: expired",
		"commands: interrupted",
		"commands: one waits for another",
		"law 1: commits",
		"law 1: drawer",
		"law 1: questions to the gateway",
		"law 1: receipts",
		"law 2: another attempt of a tender",
		"law 2: charges",
		"law 3: not found",
		"law 3: overtaken answers",
		"law 3: reversals refused",
		"law 3: unseen attempts closed",
		"law 4: records asked for again",
		"law 4: segments pruned",
		"law 5: calls that could charge",
		"law 5: late approvals given back",
		"law 5: late approvals shown",
		"law 5: late requests refused",
		"law 6: codes sent",
		"law 6: stores searched",
		"law 7: receipts",
		"law 8: boots after a power cut",
		"law 8: open sales at boot",
		"law 9: not_after set",
		"parking: goods given",
		"parking: paid another way or left",
		"receipts: it came out",
		"receipts: it did not come out",
	}
}
