package coderes

// StackLayout says where on a 68K's stack the parameters and the result of a
// routine are when it is entered. Offsets are in bytes, from the one above the
// return address.
type StackLayout struct {
	// Parameters are the offsets of the values themselves: a char in a slot of
	// four bytes is its last byte, or Pascal's and THINK C's is the first of two. Those in
	// registers have -1.
	Parameters []int
	Selector   int // of dispatched routines, -1 if it is in a register or there is none
	Size       int // of all of that
	Result     int // of the place for the result, above the parameters; -1 if it is in a register
	// Popped says that the routine removes the parameters, but not the result.
	Popped bool
}

// ResultSlot is how many bytes the place for a result takes on the stack.
func (s Signature) ResultSlot() int {
	if s.Result == None {
		return 0
	}
	return max(2, s.Result.Bytes())
}

// Stack returns the layout of a routine's parameters. It is of no use for special
// cases.
func (s Signature) Stack() StackLayout {
	l := StackLayout{Parameters: make([]int, len(s.Parameters)), Selector: -1, Result: -1}
	if s.Convention == RegisterBased {
		for i := range l.Parameters {
			l.Parameters[i] = -1
		}
		return l
	}
	// C pushes the last parameter first, so the first is the nearest.
	wide := s.Convention == CStack || s.Convention == D0DispatchC
	c := wide || s.Convention == ThinkCStack
	if s.Convention == StackDispatch {
		l.Selector = 0
		l.Size = max(2, s.Selector.Bytes())
	}
	for i := range s.Parameters {
		n := i
		if !c {
			n = len(s.Parameters) - 1 - i
		}
		size := s.Parameters[n].Size.Bytes()
		slot := max(2, size)
		if wide {
			slot = 4
		}
		l.Parameters[n] = l.Size
		if wide { // promoted: the value is at the end
			l.Parameters[n] += slot - size
		}
		l.Size += slot
	}
	if !c {
		l.Popped = true
		if s.Result != None {
			l.Result = l.Size
		}
	}
	return l
}
