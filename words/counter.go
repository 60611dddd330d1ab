package words

// counter holds what the terminal says to the cashier in the course of a sale.
var counter = map[Key]sentence{}
