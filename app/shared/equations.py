"""Each method in one line of mathematics, with the letters of its sliders."""

EQUATIONS = {
    "simple_gradient": r"A = \nabla_x F_c(x)",
    "gradient_x_input": r"A = x \odot \nabla_x F_c(x)",
    "smoothgrad": r"A = \frac{1}{N} \sum_{k=1}^{N} \nabla F_c(x + n_k), \qquad n_k \sim \mathcal{N}(0, \sigma^2)",
    "smoothgrad_squared": r"A = \frac{1}{N} \sum_{k} \nabla F_c(x + n_k)^2, \qquad n_k \sim \mathcal{N}(0, \sigma^2)",
    "vargrad": r"A = \mathrm{Var}_k \, \nabla F_c(x + n_k), \qquad n_k \sim \mathcal{N}(0, \sigma^2)",
    "deconvolution": r"\text{at each ReLU, backwards: } g \mapsto g \cdot 1[g > 0]",
    "guided_backprop": r"\text{at each ReLU, backwards: } g \mapsto g \cdot 1[g > 0] \cdot 1[a > 0]",
    "deeplift": r"A = m \odot (x - x'), \qquad m = \frac{\Delta\varphi}{\Delta a} \text{ at each step } \varphi,"
    r" \text{ joined by the chain rule}",
    "cam": r"A = \sum_k w_k^c \, f_k(x)",
    "grad_cam": r"A = \mathrm{ReLU}\Big(\sum_k \alpha_k^c f_k(x)\Big), \qquad"
    r" \alpha_k^c = \frac{1}{HW} \sum_{ij} \frac{\partial y^c}{\partial f_{k,ij}}",
    "guided_grad_cam": r"A = \text{guided backprop} \odot \text{Grad-CAM}",
    "integrated_gradients": r"A = \frac{x - x'}{B} \odot \sum_{k=1}^{B} \nabla F_c\Big(x' + \frac{k}{B}(x - x')\Big)",
    "uni": r"\begin{aligned} \hat\theta &= \theta + \eta \frac{\nabla_\theta L}{\|\nabla_\theta L\|} \\"
    r" x' &= \arg\min_{\|x' - x\| = \varepsilon} \mathrm{KL}\big(F(x; \hat\theta) \,\|\, F(x'; \theta)\big)"
    r" \quad \text{in } T \text{ steps of size } \mu \\"
    r" A &= \frac{x - x'}{B} \odot \sum_{k=1}^{B} \nabla F_c\Big(x' + \frac{k}{B}(x - x')\Big) \end{aligned}",
    "blur_ig": r"A = \int_0^1 \nabla F_c(\gamma(\alpha)) \odot \gamma'(\alpha) \, d\alpha, \qquad"
    r" \gamma(\alpha) = G_{\sigma(\alpha)} * x, \quad \sigma: \sigma_{\max} \to 0",
    "guided_ig": r"A = \sum_{k} \nabla F_c(\gamma_k) \odot (\gamma_{k+1} - \gamma_k), \qquad"
    r" \text{smallest } |\partial F_c / \partial \gamma_i| \text{ first}",
    "agi": r"A = \frac{1}{K} \sum_{j=1}^{K} \int \nabla F_c(\gamma^j) \odot d\gamma^j, \qquad"
    r" \gamma^j: x_{\mathrm{adv}}^j \to x",
    "path_integrated_gradients": r"A = \int_0^1 \nabla F_c(\gamma(\alpha)) \odot \gamma'(\alpha) \, d\alpha,"
    r" \qquad P_1\!: \text{one group after the other}, \quad P_2\!: \gamma = x' + \alpha(x - x'), \quad"
    r" P_3\!: \gamma_i = x'_i + \alpha^{p_i}(x_i - x'_i)",
    "lime": r"\min_{w} \sum_z e^{-D(1, z)^2/\sigma^2} \big(F_c(h(z)) - w_0 - w \cdot z\big)^2"
    r" \quad \text{with at most } K \text{ weights}",
    "kernel_shap": r"\begin{gathered} \min_{\varphi} \sum_z \tfrac{M - 1}{\binom{M}{k} k (M - k)}"
    r" \big(F_c(h(z)) - F_c(h(0)) - \varphi \cdot z\big)^2, \qquad k = \textstyle\sum_j z_j \\"
    r" \text{with } \textstyle\sum_j \varphi_j = F_c(x) - F_c(h(0)) \end{gathered}",
    "rise": r"A = \frac{1}{N p_1} \sum_{i=1}^{N} F_c(x \odot M_i) \, M_i, \qquad M_i \text{: } s \times s"
    r" \text{ coin flips, enlarged and shifted}",
    "occlusion": r"A_i = \text{mean over the windows } W \ni i \text{ of }"
    r" F_c(x) - F_c(x \text{ with } W \text{ filled})",
}

DIVERGENCES = {  # UNI's C, of the answer p at x′ and the answer q to match
    "kl": r"\mathrm{KL}(q \,\|\, p)",
    "reverse_kl": r"\mathrm{KL}(p \,\|\, q)",
    "l2": r"\sum_j (p_j - q_j)^2",
    "total_variation": r"\tfrac{1}{2} \sum_j |p_j - q_j|",
}

BIASES = {
    "share": r"S = \frac{\sum_{\text{part}} |A_i|}{\sum_{\text{whole}} |A_i|} \Big/"
    r" \frac{|\text{part}|}{|\text{whole}|}, \qquad A = (x - x') \odot \int_0^1 \nabla F_c \, d\alpha"
    r" \;=\; 0 \text{ wherever } x = x'",
    "roughness": r"R = \frac{\sum_{i \sim j} |A_i - A_j|}{\sum_{i \sim j} (|A_i| + |A_j|)},"
    r" \qquad i \sim j \text{: neighbours}",
}

CLASSES = {
    "NormLIME": r"S_y(c_i) = \frac{1}{|E_y(c_i)|} \sum_{w \in E_y(c_i)} \frac{|w_i|}{\|w\|_1} \, w_i, \qquad"
    r" E_y(c_i) = \{w : w_i \neq 0, \; f(x) = y\}",
    "LIME": r"I_{SP}(c_i) = \sqrt{\textstyle\sum_{w:\, f(x) = y} \max(w_i, 0)^2}",
    "pick": r"\text{pick } V \text{ greedily for } c(V) = \sum_j I_j \, 1[\exists\, i \in V: W_{ij} \neq 0],"
    r" \qquad I_j = \sqrt{\textstyle\sum_i |W_{ij}|}",
}

DISTANCING = {
    "targets": r"y_i = N(x_i), \qquad y_i[b] \mathrel{-}= \alpha \text{ for samples of class } a, \qquad"
    r" y_i[a] \mathrel{-}= \alpha \text{ for samples of class } b",
    "supports": r"\theta_\alpha = \arg\min_\theta \frac{1}{nC} \sum_i \|N_\theta(x_i) - y_i\|^2,"
    r" \qquad \text{from the analysed network's weights}",
    "intersection": r"\mathrm{GAD} = A_0 \odot \prod_k m_k, \qquad m_k = 1[\text{pixel important in } A_k]",
    "minimum": r"\mathrm{GAD} = A_0 \odot \frac{\min_k n_k / \max n_k}{n_0 / \max n_0},"
    r" \qquad n_k = \Big|\sum_{\text{channels}} A_k\Big|",
    "scores": r"\mathrm{RC} = \frac{A(\mathrm{CH}_{\mathrm{GAD}})}{A(\mathrm{CH}_{\mathrm{orig}})}, \qquad"
    r" \mathrm{RS} = \frac{|N_a(I) - N_a(I \odot (1 - M))|}{\sum M}",
}

SCOREBOARD = {
    "Deletion and insertion": r"\mathrm{AUC} = \frac{1}{S} \sum_{k=1}^{S} F_c(\text{picture after } k \text{ steps}),"
    r" \qquad \text{deletion: } x \to \text{canvas}, \quad \text{insertion: canvas} \to x",
    "MuFidelity": r"\mu = \mathrm{corr}_S \Big( \sum_{i \in S} A_i, \;"
    r" F_c(x) - F_c(x_{S \mapsto \text{reference}}) \Big)",
    "Ground truth": r"\text{inside} = \frac{\sum_{i \in \text{mask}} A_i^+}{\sum_i A_i^+}, \qquad"
    r" \text{points} = 1[\arg\max_i A_i \in \text{mask}]",
    "Network in ruins": r"\rho_d = \mathrm{Spearman}\big(A(x; \theta), \; A(x; \theta_d)\big), \qquad"
    r" \theta_d\text{: the weights of the last } d \text{ layers, shuffled}",
    "Attack": r"\begin{gathered} \delta^* = \arg\max_{\delta} d\big(A(x), A(x + \delta)\big) \quad \text{with }"
    r" \|\delta\|_\infty \le \varepsilon_f, \;\; \arg\max F(x + \delta) = \arg\max F(x) \\"
    r" \text{by steps along the sign of } -\nabla_x \frac{\sum_{i \in \text{top } k} |G_i|}{\sum_i |G_i|}, \quad"
    r" G \text{: the map of a smooth twin} \end{gathered}",
}
