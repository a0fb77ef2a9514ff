package toolbox

// systemWidth is how wide a text is in the system's font, nearly.
func (t *Toolbox) systemWidth(text []byte) int { return 7 * len(text) }

// toLocal makes a point local to the port.
func (t *Toolbox) toLocal(uint32) {}

// toUpdate finds a window that needs to be drawn.
func (t *Toolbox) toUpdate() uint32 { return 0 }

// DrawMenuBar does nothing while there is no screen.
func (t *Toolbox) DrawMenuBar() {}
