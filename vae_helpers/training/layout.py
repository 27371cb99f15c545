"""Memory order: convolutions compute faster in channels_last, where the channels of one pixel lie side by side."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

from .._inference import device_of

KINDS = (nn.Conv2d, nn.ConvTranspose2d)


class FastLayout:
    """with FastLayout(…): inside, the weights of the model's convolutions lie in channels_last order; outside as before.

    The same numbers in another order: results agree up to rounding. Not on Apple's GPU, where nothing is gained.
    """

    def __init__(self, model: nn.Module, optimizer: torch.optim.Optimizer):
        self.optimizer, self.device, self.hooks = optimizer, device_of(model), []
        convolutions = [module for module in model.modules() if isinstance(module, KINDS)]
        self.layers = convolutions if self.device.type in ("cpu", "cuda") else []
        weights = [layer._parameters.get("weight") for layer in self.layers]
        self.weights = [
            w for w in weights if w is not None and w.is_contiguous()
        ]  # an order that a student chose stays

    def __enter__(self) -> "FastLayout":
        self._order(torch.channels_last)
        return self

    def __exit__(self, *problem: object) -> None:
        self._plain()

    def settle(self, forward: Callable) -> object:
        """What forward() gives, in an order of memory in which the model works.

        .view, as the handout has it after its last convolution, needs plain order, and PyTorch refuses where it is not.
        Then the convolution before is made to give plain order; if that does not help, all go back to it.
        """
        while self.layers:
            ran: list[nn.Module] = []
            note = partial(noted, ran)
            watching = [layer.register_forward_hook(note) for layer in self.layers]
            try:
                return forward()
            except torch.cuda.OutOfMemoryError:
                raise
            except RuntimeError:
                if not ran or any(ran[-1] is layer for layer, _ in self.hooks):
                    self._plain()
                    self.layers = []
                else:
                    self.hooks.append((ran[-1], ran[-1].register_forward_hook(in_plain_order)))
            finally:
                for hook in watching:
                    hook.remove()
        return forward()

    def _plain(self) -> None:
        for _, hook in self.hooks:
            hook.remove()
        self.hooks = []
        self._order(torch.contiguous_format)

    def _order(self, memory_format: torch.memory_format) -> None:
        """Put the weights, their gradients, and what the optimizer keeps for each, into that order.

        By .to, since .contiguous changes nothing in the weights of a layer with one channel, whose two orders differ in the
        strides alone; but by these strides PyTorch chooses the order of the layer's output.
        """
        for weight in self.weights:
            weight.data = weight.data.to(memory_format=memory_format)
            if weight.grad is not None:
                weight.grad = weight.grad.to(memory_format=memory_format)
            kept = self.optimizer.state.get(weight, {})
            for name, value in kept.items():
                if isinstance(value, Tensor) and value.shape == weight.shape:
                    kept[name] = value.to(memory_format=memory_format)


def noted(ran: list, layer: nn.Module, *_: object) -> None:
    ran.append(layer)


def in_plain_order(layer: nn.Module, values: tuple, output: Tensor) -> Tensor:
    return output.contiguous()
