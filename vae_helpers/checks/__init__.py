"""Instant checks of a student's own functions: check_NAME(function) prints a hint and returns a Result.

One file per lesson; what all checks share is in engine, what those of random functions share in random. progress() tells
how many of a lesson's checks have passed.
"""

from .engine import Result
from .lesson_00 import check_pixel_count
from .lesson_01 import check_bce, check_decoder, check_encoder, check_interpolate, check_mse
from .lesson_02 import check_forward, check_sample_and_decode
from .lesson_03 import check_reparameterize, check_reparameterize_fixed, check_score_gradient
from .lesson_04 import check_elbo, check_kl_divergence, check_sigma_of_B, check_vae_loss
from .lesson_05 import check_epoch_mean, check_training_step
from .lesson_06 import check_image_errors, check_sample_prior
from .lesson_07 import check_kl_per_dimension, check_slerp
from .lesson_08 import check_pca_reconstruct, check_principal_angles
from .lesson_09 import check_contractive_penalty, check_kl_to_rho, check_mask_noise
from .lesson_10 import check_entropy_bits, check_neighbours_kept, check_psnr
from .lesson_11 import check_auroc, check_frechet_distance
from .lesson_12 import check_free_bits, check_iw_log_likelihood, check_optimal_sigma
from .lesson_13 import check_straight_through, check_with_label
from .lesson_14 import check_epsilon_loss, check_guided, check_q_sample, check_scale_factor
from .lesson_15 import check_attribute_vector, check_calibrated_B, check_fc_parameters, check_r_squared
from .tally import counted, progress

__all__ = [
    "Result",
    "check_attribute_vector",
    "check_auroc",
    "check_bce",
    "check_calibrated_B",
    "check_contractive_penalty",
    "check_decoder",
    "check_elbo",
    "check_encoder",
    "check_entropy_bits",
    "check_epoch_mean",
    "check_epsilon_loss",
    "check_fc_parameters",
    "check_forward",
    "check_frechet_distance",
    "check_free_bits",
    "check_guided",
    "check_image_errors",
    "check_interpolate",
    "check_iw_log_likelihood",
    "check_kl_divergence",
    "check_kl_per_dimension",
    "check_kl_to_rho",
    "check_mask_noise",
    "check_mse",
    "check_neighbours_kept",
    "check_optimal_sigma",
    "check_pca_reconstruct",
    "check_pixel_count",
    "check_principal_angles",
    "check_psnr",
    "check_q_sample",
    "check_r_squared",
    "check_reparameterize",
    "check_reparameterize_fixed",
    "check_sample_and_decode",
    "check_sample_prior",
    "check_scale_factor",
    "check_score_gradient",
    "check_sigma_of_B",
    "check_slerp",
    "check_straight_through",
    "check_training_step",
    "check_vae_loss",
    "check_with_label",
    "progress",
]

for _name in __all__:
    if _name.startswith("check_"):
        globals()[_name] = counted(globals()[_name])
