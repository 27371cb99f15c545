// While the pointer is pressed: its place, as shares of the map's width and height, into the map's hidden field, as if typed.
if (event.buttons & 1) {
  const box = this.getBoundingClientRect(), field = this.closest('.vae-map').querySelector('.vae-map-field input');
  field.value = ((event.clientX - box.left) / box.width).toFixed(4) + ',' + ((event.clientY - box.top) / box.height).toFixed(4);
  field.dispatchEvent(new Event('input', {bubbles: true}));
  field.dispatchEvent(new Event('change', {bubbles: true}));
}
