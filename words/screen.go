package words

// screen holds the labels and headings of screens.
var screen = map[Key]sentence{}
