"""Lesson 11, few labels, anomalies, new images: AUROC, the Fréchet distance."""

from collections.abc import Callable

import torch

from .engine import Failure, Mistake, Result, Task, run


def higher(normal, strange):
    return (strange[:, None] > normal).float()


def ties(normal, strange):
    return (strange[:, None] == normal).float()


def auroc(normal, strange):
    return (higher(normal, strange) + 0.5 * ties(normal, strange)).mean()


# fmt: off
AUROC = Task(
    cases=lambda: [(torch.randint(0, 9, (n,)).float(), torch.randint(2, 12, (m,)).float()) for n, m in ((6, 4), (5, 9), (40, 30))],
    right=auroc,
    arguments="normal, strange",
    mistakes=[
        Mistake("reversed", lambda n, s: 1 - auroc(n, s),
                "Bạn đếm những cặp mà ảnh bình thường có điểm cao hơn. Chính ảnh lạ mới cần có điểm cao hơn.",
                "You count the pairs in which the normal image scores higher. It is the strange one that should."),
        Mistake("ties_lost", lambda n, s: higher(n, s).mean(),
                "Gần đúng, nhưng những cặp bằng điểm bị tính là 0. Mỗi cặp như thế tính một nửa.",
                "Nearly, but pairs with equal scores count 0. Each of them counts one half."),
        Mistake("ties_won", lambda n, s: (higher(n, s) + ties(n, s)).mean(),
                "Gần đúng, nhưng những cặp bằng điểm được tính trọn 1. Mỗi cặp như thế tính một nửa.",
                "Nearly, but pairs with equal scores count 1. Each of them counts one half."),
        Mistake("signs", lambda n, s: 2 * auroc(n, s) - 1,
                "Bạn lấy trung bình của các dấu, từ −1 đến 1. Xác suất nằm từ 0 đến 1: cặp thua tính 0, hòa tính một nửa, thắng tính 1.",
                "You average signs, from −1 to 1. A probability goes from 0 to 1: a pair lost counts 0, a tie one half, a pair won 1."),
        Mistake("not_divided", lambda n, s: (higher(n, s) + 0.5 * ties(n, s)).sum(),
                "Bạn đã đếm số cặp. Còn phải chia cho tổng số cặp N·M.",
                "You counted the pairs. They must still be divided by their number, N·M."),
        Mistake("per_image", lambda n, s: (higher(n, s) + 0.5 * ties(n, s)).mean(1),
                "Kết quả mới là mỗi ảnh lạ một con số. Còn thiếu trung bình trên các ảnh ấy.",
                "You have a number for each strange image. The mean over them is missing."),
        Mistake("per_image", lambda n, s: (higher(n, s) + 0.5 * ties(n, s)).mean(0),
                "Kết quả mới là mỗi ảnh bình thường một con số. Còn thiếu trung bình trên các ảnh ấy.",
                "You have a number for each normal image. The mean over them is missing."),
        Mistake("means", lambda n, s: s.mean() - n.mean(),
                "Đó là hiệu của hai trung bình. AUROC chỉ hỏi bên nào cao hơn trong từng cặp.",
                "That is the difference of the two means. The AUROC only asks which of each pair is higher."),
        Mistake("means_compared", lambda n, s: (s.mean() > n.mean()).float(),
                "Bạn chỉ so hai trung bình. Hãy so từng cặp.",
                "You only compare the two means. Compare every pair."),
        Mistake("threshold", lambda n, s: (s > n.max()).float().mean(),
                "Đó là tỉ lệ ảnh lạ vượt qua mọi ảnh bình thường, tức là chỉ xét một ngưỡng duy nhất. AUROC so từng cặp.",
                "That is the share of strange images above all normal ones, a single threshold. The AUROC compares every pair."),
        Mistake("threshold", lambda n, s: (s > n.mean()).float().mean(),
                "Đó là tỉ lệ ảnh lạ vượt qua điểm trung bình của ảnh bình thường, tức là chỉ xét một ngưỡng duy nhất. AUROC so từng cặp.",
                "That is the share of strange images above the normal mean, a single threshold. The AUROC compares every pair."),
    ],
    failures=[
        Failure("elementwise", "size of tensor",
                "Bạn so ảnh thứ i bên này với ảnh thứ i bên kia, nhưng hai bên có thể có số ảnh khác nhau. strange[:, None] > normal so mọi cặp.",
                "You compare image i here with image i there, but the two sides may differ in number. strange[:, None] > normal compares all pairs."),
        Failure("boolean", "Got: Bool|Boolean value|not implemented for 'Bool'",
                "Phép so sánh cho ra True/False. Hãy đổi ra số bằng .float() rồi mới lấy trung bình.",
                "A comparison gives True/False. Turn it into numbers with .float() before averaging."),
    ],
)


def check_auroc(function: Callable) -> Result:
    """function(normal (N,), strange (M,)) → share of the N·M pairs in which the strange score is higher, a tie half.

    Lesson 11: Anomaly detection
    """
    return run(function, AUROC)


def covariance(a, over=1):
    return torch.cov(a.double().T, correction=over)


def roots(C):
    return torch.linalg.eigvals(C).real.clamp(min=0).sqrt().sum()


def gap(a, b):
    return (a.double().mean(0) - b.double().mean(0)).pow(2).sum()


def traces(a, b, weight=2.0, root=roots, over=1):
    C_a, C_b = covariance(a, over), covariance(b, over)
    return C_a.trace() + C_b.trace() - weight * root(C_a @ C_b)


def root_by_root(a, b):
    values = [torch.linalg.eigvalsh(covariance(features)).clamp(min=0).sqrt() for features in (a, b)]
    return gap(a, b) + (values[0] - values[1]).pow(2).sum()


def case(n, m, d):
    return torch.randn(n, d) @ torch.randn(d, d), torch.randn(m, d) @ torch.randn(d, d) + 0.5


# fmt: off
FRECHET_DISTANCE = Task(
    cases=lambda: [case(20, 30, 2), case(50, 40, 4), case(15, 12, 3)],
    right=lambda a, b: gap(a, b) + traces(a, b),
    arguments="a, b",
    mistakes=[
        Mistake("no_means", traces,
                "Thiếu số hạng đầu: hai trung bình cách nhau bao xa?",
                "The first term is missing: how far apart are the two means?"),
        Mistake("only_means", gap,
                "Đó mới là số hạng đầu. Hai hiệp phương sai chưa được so.",
                "That is the first term only. The covariances are not compared yet."),
        Mistake("means_not_squared", lambda a, b: gap(a, b).sqrt() + traces(a, b),
                "Khoảng cách giữa hai trung bình chưa được bình phương.",
                "The distance between the means is not squared."),
        Mistake("means_averaged", lambda a, b: gap(a, b) / a.shape[1] + traces(a, b),
                "Bình phương của độ dài là tổng trên các chiều, không phải trung bình.",
                "The square of a length is a sum over the dimensions, not a mean."),
        Mistake("two_forgotten", lambda a, b: gap(a, b) + traces(a, b, weight=1.0),
                "Công thức trừ căn của tích hai lần, hàm của bạn chỉ trừ một lần: thiếu hệ số 2.",
                "The root of the product is subtracted twice: the factor 2 is missing."),
        Mistake("no_root", lambda a, b: gap(a, b) + traces(a, b, root=torch.trace),
                "Bạn trừ vết của chính tích C_a C_b. Cần căn bậc hai của tích ấy: tổng các căn của trị riêng.",
                "You subtract the trace of C_a C_b itself. Its square root is needed: the sum of the roots of the eigenvalues."),
        Mistake("root_of_the_trace", lambda a, b: gap(a, b) + traces(a, b, root=lambda C: C.trace().sqrt()),
                "Bạn lấy căn của tổng các trị riêng. Hãy lấy căn từng trị riêng rồi mới cộng.",
                "You take the root of the sum of the eigenvalues. Take the root of each and sum then."),
        Mistake("elementwise_root", lambda a, b: gap(a, b) + traces(a, b, root=lambda C: C.sqrt().trace()),
                "Bạn lấy căn của từng phần tử. Căn của ma trận là chuyện khác: vết của nó là tổng các căn của trị riêng.",
                "You take the root of each entry. The root of a matrix is something else: its trace is the sum of the roots of the eigenvalues."),
        Mistake("root_by_root", root_by_root,
                "Bạn lấy trị riêng của C_a và C_b riêng rẽ. Công thức cần trị riêng của tích C_a C_b.",
                "You take the eigenvalues of C_a and C_b apart. The formula needs those of the product C_a C_b."),
        Mistake("not_squared", lambda a, b: (gap(a, b) + traces(a, b)).clamp(min=0).sqrt(),
                "Bạn lấy thêm căn ở cuối. Theo thông lệ, con số này là bình phương khoảng cách.",
                "You take a root at the end. By custom this number is the squared distance."),
        Mistake("over_N", lambda a, b: gap(a, b) + traces(a, b, over=0),
                "Hiệp phương sai của bạn chia cho N. Hãy chia cho N − 1, như torch.cov.",
                "Your covariances divide by N. Divide by N − 1, as torch.cov does."),
        Mistake("second_moments", lambda a, b: (
                    gap(a, b) + (C_a := a.double().T @ a.double() / (len(a) - 1)).trace()
                    + (C_b := b.double().T @ b.double() / (len(b) - 1)).trace() - 2 * roots(C_a @ C_b)),
                "Bạn chưa trừ trung bình trước khi tính hiệp phương sai.",
                "The mean is not subtracted before the covariance."),
    ],
    failures=[
        Failure("wrong_axis", "size of tensor|shapes cannot be multiplied|size mismatch",
                "Kích thước không khớp. torch.cov coi mỗi hàng là một biến, nên hãy đưa vào a.T; trung bình lấy trên các ảnh, tức là dim=0.",
                "The shapes do not match. torch.cov takes each row for a variable, so give it a.T; the mean is over the images, dim=0."),
    ],
)


def check_frechet_distance(function: Callable) -> Result:
    """function(a (N, d), b (M, d)) → ‖m_a − m_b‖² + Tr(C_a + C_b − 2 (C_a C_b)^½), covariances over N − 1, a scalar.

    Lesson 11: Three measures of a picture
    """
    return run(function, FRECHET_DISTANCE)
