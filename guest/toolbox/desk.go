package toolbox

import "github.com/crossplug/crossplug/guest/quickdraw"

func (t *Toolbox) systemWidth(text []byte) int                         { return 7 * len(text) }
func (t *Toolbox) drawAt(port uint32, at quickdraw.Point, text []byte) {}
func (t *Toolbox) textWidthIn(port uint32, text []byte) int            { return 7 * len(text) }
func (t *Toolbox) lineMetrics(port uint32) (int, int)                  { return 12, 16 }
func (t *Toolbox) drawIcon(port uint32, r quickdraw.Rect, h uint32)    {}
func (t *Toolbox) drawPictureIn(h uint32, r quickdraw.Rect)            {}
