package mutants

// All are the deliberate bugs.
func All() []Mutant {
	var all []Mutant
	for _, room := range [][]Mutant{counterMutants(), gatewayMutants(), journalMutants(), linkMutants()} {
		all = append(all, room...)
	}
	return all
}

func one(file, old, new string) []Edit { return []Edit{{file, old, new}} }
