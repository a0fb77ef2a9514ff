package toolbox

func (t *Toolbox) forgetResource(uint32) {}
