package words

// paper holds what receipts and other paper say.
var paper = map[Key]sentence{}
