"""Lesson 05, training: one training step, and the mean of an epoch."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from ..losses import vae_loss
from .engine import HINTS, Failure, Mistake, Result, Task, call, judged, leaves, refuse, run, same, wrong

# fmt: off
EPOCH_MEAN = Task(
    cases=lambda: [
        ([4.0, 2.0, 9.0], [256, 256, 128]), ([1.0, 3.0], [10, 1]), ([5.0, 7.0, 6.5, 2.0], [3, 3, 3, 2]),
        ((9 * torch.rand(5)).tolist(), torch.randint(1, 300, (5,)).tolist()),
    ],
    right=lambda means, sizes: sum(m * n for m, n in zip(means, sizes, strict=True)) / sum(sizes),
    arguments="batch_means, batch_sizes",
    mistakes=[
        Mistake("handout", lambda means, sizes: sum(means) / sum(sizes),
                "Bạn chia tổng các trung bình batch cho số ảnh, đúng như lỗi trong bản in của đề bài. Một batch có bao nhiêu ảnh thì kết quả nhỏ đi chừng ấy lần, trong bài này khoảng 256.",
                "You divide the sum of batch means by the number of images, the very slip of the printed exercise: as many times too small as a batch has images, about 256 in this lesson."),
        Mistake("unweighted", lambda means, sizes: sum(means) / len(means),
                "Mọi batch được tính ngang nhau, nhưng batch cuối có ít ảnh hơn.",
                "Every batch counts the same, but the last one holds fewer images."),
        Mistake("last", lambda means, sizes: means[-1],
                "Đó chỉ là batch cuối cùng.",
                "That is only the last batch."),
        Mistake("not_divided", lambda means, sizes: sum(m * n for m, n in zip(means, sizes, strict=True)),
                "Bạn có tổng trên mọi ảnh. Còn thiếu phép chia.",
                "You have the sum over all images. The division is missing."),
        Mistake("divided_by_batches", lambda means, sizes: sum(m * n for m, n in zip(means, sizes, strict=True)) / len(sizes),
                "Bạn chia cho số batch. Tổng này gồm bao nhiêu ảnh?",
                "You divide by the number of batches. How many images are in this sum?"),
        Mistake("sum", lambda means, sizes: sum(means),
                "Đó là tổng các trung bình batch: số ảnh chưa được dùng.",
                "That is the sum of the batch means: the numbers of images are not used."),
    ],
)

TRAINING_STEP = {  # name → hints
    "no_forward": ("Mô hình chưa được gọi: đầu ra model(x) ở đâu?",
                   "The model has not been called: where is its output, model(x)?"),
    "no_backward": ("Không thấy loss.backward(): chưa có gradient nào được tính. Bạn quên gọi nó, hay quên cặp ngoặc ()?",
                    "There is no loss.backward(): no gradient has been computed. Is the call missing, or its brackets ()?"),
    "no_step": ("Gradient đã có, nhưng trọng số chưa được cập nhật. Bước cuối của năm bước là gì? (Nhớ cặp ngoặc sau tên hàm.)",
                "The gradients are there, but no weight is updated. Which of the five is the last? (Mind the brackets after its name.)"),
    "no_zero_grad": ("Gradient cũ không được xóa: PyTorch cộng dồn gradient qua các lần backward, nên bước sau đi theo tổng của mọi batch trước.",
                     "The old gradients are never cleared: PyTorch adds up the gradients of all backward calls, so each step follows the sum of all batches before."),
    "step_before_backward": ("Trọng số được cập nhật trước khi gradient của batch này được tính. Hãy đổi thứ tự hai dòng.",
                             "The weights are updated before the gradient of this batch is computed. Change the order of the two lines."),
    "zero_after_backward": ("Gradient vừa tính xong đã bị xóa trước khi optimizer kịp dùng, nên không trọng số nào thay đổi.",
                            "The gradients are cleared after they are computed and before the optimizer uses them, so no weight changes."),
    "two_steps": ("optimizer.step() được gọi hơn một lần cho một batch.",
                  "optimizer.step() is called more than once for one batch."),
    "no_B": ("Sai số tái tạo chưa được nhân với B: gradient của nó nhỏ đi B lần. Hãy lan truyền ngược từ tổng mà loss_function trả về đầu tiên.",
             "The reconstruction error lacks its factor B: its gradient is B times too small. Backpropagate from the total, the first thing that loss_function returns."),
    "no_kl": ("Gradient chỉ đến từ sai số tái tạo; phần KL bị bỏ quên. Hãy lan truyền ngược từ tổng.",
              "The gradient comes from the reconstruction error alone; the KL is left out. Backpropagate from the total."),
    "no_reconstruction": ("Gradient chỉ đến từ KL; sai số tái tạo bị bỏ quên. Hãy lan truyền ngược từ tổng.",
                          "The gradient comes from the KL alone; the reconstruction error is left out. Backpropagate from the total."),
    "another_loss": ("Đủ năm bước và đúng thứ tự, nhưng gradient không phải của hàm mất mát ở III.6. Bạn gọi backward trên đại lượng nào, với B nào?",
                     "All five steps are there and in order, but the gradient is not that of the loss of III.6. On which quantity, with which B, do you call backward?"),
    "only_loss": ("Vòng lặp cần cả ba con số: hãy trả về loss, recon_loss, kl_loss.",
                  "The loop needs all three numbers: return loss, recon_loss, kl_loss."),
    "order": ("Đúng ba con số, nhưng sai thứ tự. Cần: loss, recon_loss, kl_loss.",
              "The three numbers are right, their order is not. It must be: loss, recon_loss, kl_loss."),
    "numbers": ("Hãy trả về chính các tensor, đừng dùng .item(): vòng lặp sẽ tự đọc con số khi cần.",
                "Return the tensors themselves, without .item(): the loop reads the numbers when it needs them."),
    None: ("Các bước đúng cả, nhưng ba con số trả về không phải loss, recon_loss, kl_loss của batch này.",
           "The steps are right, but the three numbers returned are not loss, recon_loss, kl_loss of this batch."),
}
STEP_FAILURES = (
    Failure("no_device", r"same device|Expected all tensors to be on",
            "Ảnh và mô hình nằm ở hai nơi: batch từ DataLoader luôn ở CPU, còn mô hình có thể ở GPU. Trước hết hãy chuyển x sang device.",
            "The images and the model lie in two places: a batch from the DataLoader is always on the CPU, the model perhaps on the GPU. Move x to the device first."),
    Failure("no_grad", r"does not require grad",
            "backward không tìm thấy đồ thị tính toán: loss bị tách khỏi nó bởi no_grad(), .detach() hay .item().",
            "backward finds no computation graph: no_grad(), .detach() or .item() has cut the loss from it."),
)
# fmt: on


def check_epoch_mean(function: Callable) -> Result:
    """function(batch_means, batch_sizes), two lists → the mean over all images, each batch weighted by its size.

    Lesson 05: Which number goes into the log?
    """
    return run(function, EPOCH_MEAN)


class Elsewhere(Tensor):
    """A batch as the DataLoader gives it: on another device than the model, until .to(…) or .cuda() brings it there."""

    def to(self, *arguments, **options) -> Tensor:
        return self.as_subclass(Tensor).to(*arguments, **options)

    def cuda(self, *arguments, **options) -> Tensor:
        return self.as_subclass(Tensor).cuda(*arguments, **options)


class RecordingModel(nn.Module):
    """Stands in for the VAE: notes its calls, what it gave, and the gradients that come back to it."""

    def __init__(self, events: list[str], pixels: int, latent_dim: int):
        super().__init__()
        self.events, self.latent_dim, self.outputs, self.gradients = events, latent_dim, [], [None] * 3
        self.weight = nn.Parameter(torch.randn(pixels, 2 * latent_dim) / 4)
        self.weight_out = nn.Parameter(torch.randn(latent_dim, pixels) / 4)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        if isinstance(x, Elsewhere) or x.device != self.weight.device:
            raise RuntimeError("Expected all tensors to be on the same device, but the images and the model are not")
        mu, logvar = (x.flatten(1) @ self.weight).chunk(2, dim=1)
        recon = torch.sigmoid(mu @ self.weight_out).view(x.shape)
        self.events.append("forward")
        self.outputs, self.gradients = [part.detach() for part in (recon, mu, logvar)], [None] * 3
        return tuple(self._watched(number, part) for number, part in enumerate((recon, mu, logvar)))

    def _watched(self, number: int, part: Tensor) -> Tensor:
        """The part itself; when a gradient comes back to it, that is noted."""

        def note(gradient: Tensor) -> None:
            self.gradients[number] = gradient.detach().clone()
            self.events.append("backward")

        part = part * 1
        if part.requires_grad:
            part.register_hook(note)
        return part * 1

    def zero_grad(self, set_to_none: bool = True) -> None:
        self.events.append("zero_grad")


class RecordingOptimizer(nn.Module):
    """Stands in for Adam: notes its calls. (A module, which the grader's sandbox knows how to reach.)"""

    def __init__(self, events: list[str]):
        super().__init__()
        self.events = events

    def zero_grad(self, set_to_none: bool = True) -> None:
        self.events.append("zero_grad")

    def step(self) -> None:
        self.events.append("step")


def lesson_device() -> str:
    """Where the lesson's model and batches go, by the handout's own line."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def check_training_step(function: Callable) -> Result:
    """function(model, optimizer, x): one step of training → (loss, recon_loss, kl_loss). Tried with stand-ins that take notes.

    It uses the lesson's own loss_function, B = 1000, and device. The steps may come in any order that trains.

    Lesson 05: Your turn: one step
    """
    return judged(function, judge_training_step)


def judge_training_step(function: Callable) -> None:
    for n, side, latent_dim in ((5, 6, 2), (3, 4, 3)):
        events: list[str] = []
        device = lesson_device()
        model, optimizer = RecordingModel(events, side * side, latent_dim).to(device), RecordingOptimizer(events)
        x = torch.rand(n, 1, side, side).as_subclass(Elsewhere).requires_grad_()
        answer, _ = call(function, (model, optimizer, x), STEP_FAILURES)
        judge_events(events)
        here = x.detach().as_subclass(Tensor).to(device)
        outputs = [part.requires_grad_() for part in model.outputs]
        judge_gradients(model.gradients, vae_loss(outputs[0], here, *outputs[1:]), outputs)
        judge_returned(answer, vae_loss(outputs[0], here, *outputs[1:]))


def judge_events(events: list[str]) -> None:
    """Are all steps there, and in an order that trains?"""
    for name, event in (("forward", "forward"), ("backward", "backward"), ("step", "step"), ("zero_grad", "zero_grad")):
        refuse(event not in events, f"no_{name}", TRAINING_STEP)
    backward, step = events.index("backward"), events.index("step")
    refuse(events.count("step") > 1, "two_steps", TRAINING_STEP)
    refuse(step < backward, "step_before_backward", TRAINING_STEP)
    refuse("zero_grad" in events[backward:step], "zero_after_backward", TRAINING_STEP)


def judge_gradients(found: list[Tensor | None], parts: tuple, outputs: list[Tensor]) -> None:
    """Is it the gradient of the total that came back? parts: total, recon and kl of these outputs."""
    total, recon, kl = parts

    def is_of(loss: Tensor) -> bool:
        wanted = torch.autograd.grad(loss, outputs, retain_graph=True, allow_unused=True)
        pairs = list(zip(found, wanted, strict=True))
        return all(
            torch.allclose(torch.zeros_like(o) if a is None else a, torch.zeros_like(o) if b is None else b, 1e-3, 1e-7)
            for (a, b), o in zip(pairs, outputs, strict=True)
        )

    if is_of(total):
        return
    others = {"no_B": recon + kl, "no_kl": 1000 * recon, "no_kl ": recon, "no_reconstruction": kl}
    name = next((name.strip() for name, loss in others.items() if is_of(loss)), "another_loss")
    raise wrong(name, *TRAINING_STEP[name])


def judge_returned(answer, parts: tuple) -> None:
    expected = leaves(tuple(parts))
    try:
        numbers = leaves(answer)
    except TypeError as error:
        hints = HINTS["type_of_parts"]
        raise wrong("type", *(hint.format(got=error, names="loss, recon_loss, kl_loss") for hint in hints)) from None
    refuse(len(numbers) != 3 or any(part.numel() != 1 for part in numbers), "only_loss", TRAINING_STEP)
    numbers = [part.reshape(()) for part in numbers]
    if not same(numbers, expected):
        ordered = [sorted(part.item() for part in parts) for parts in (numbers, expected)]
        refuse(torch.allclose(*map(torch.tensor, ordered), rtol=1e-4), "order", TRAINING_STEP)
        raise wrong(None, *TRAINING_STEP[None])
    refuse(not all(isinstance(part, Tensor) for part in answer), "numbers", TRAINING_STEP)
