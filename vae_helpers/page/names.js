// Gives the sliders' handles and the pictures the names that a screen reader says; ipywidgets gives none.
setTimeout(() => {
  const box = this.closest('.vae-box');
  box.querySelectorAll('.widget-slider').forEach(slider => {
    const handle = slider.querySelector('[role=slider],.ui-slider-handle'), label = slider.querySelector('.widget-label');
    if (handle && label) handle.setAttribute('aria-label', label.innerText);
  });
  box.querySelectorAll('img.widget-image').forEach(image => image.alt = this.dataset.alt);
}, 500);
